# Andrew Ng convention inside: one sample per COLUMN, W is (out, in), b is (out, 1).
# Only at the borders things are transposed to what the assignment wants.
import numpy as np
import copy


def softmax(z):
    t = np.exp(z.T - np.max(z.T, axis=0, keepdims=True))
    return (t / np.sum(t, axis=0, keepdims=True)).T


def cross_entropy(z, y):
    ZL = z.T
    m = ZL.shape[1]
    shift = ZL - np.max(ZL, axis=0, keepdims=True)
    logprobs = shift - np.log(np.sum(np.exp(shift), axis=0, keepdims=True))
    cost = -1 / m * np.sum(logprobs[y, np.arange(m)])
    cost = np.squeeze(cost)
    return cost


def init(D, H, K, seed=0):
    np.random.seed(seed)
    W1 = np.random.randn(H, D) * np.sqrt(2. / D)
    W2 = np.random.randn(K, H) * np.sqrt(2. / H)
    return W1.T, np.zeros((H, 1)).ravel(), W2.T, np.zeros((K, 1)).ravel()


def unpack(params):
    W1, b1, W2, b2 = params
    return W1.T, b1.reshape(-1, 1), W2.T, b2.reshape(-1, 1)


def relu(Z):
    A = np.maximum(0, Z)
    assert A.shape == Z.shape
    return A, Z


def relu_backward(dA, cache):
    dZ = np.array(dA, copy=True)
    dZ[cache <= 0] = 0
    return dZ


def forward(params, X):
    W1, b1, W2, b2 = unpack(params)
    A1, _ = relu(np.dot(W1, X.T) + b1)
    return (np.dot(W2, A1) + b2).T


def dropout(A, p, rng):
    keep_prob = 1 - p
    D = rng.random(A.shape)
    D = D < keep_prob
    A = A * D
    A = A / keep_prob
    return A, D


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = unpack(params)
    A0 = X.T
    m = A0.shape[1]
    keep_prob = 1. - dropout
    # forward
    A1, cache1 = relu(np.dot(W1, A0) + b1)
    if keep_prob < 1:
        D1 = rng.random(A1.shape) < keep_prob
        A1 = A1 * D1 / keep_prob
    Z2 = np.dot(W2, A1) + b2
    cost = cross_entropy(Z2.T, y)
    # backward
    Y = np.eye(W2.shape[0])[y].T
    dZ2 = softmax(Z2.T).T - Y
    dW2 = 1. / m * np.dot(dZ2, A1.T) + weight_decay * W2
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(W2.T, dZ2)
    if keep_prob < 1:
        dA1 = dA1 * D1 / keep_prob
    dZ1 = relu_backward(dA1, cache1)
    dW1 = 1. / m * np.dot(dZ1, A0.T) + weight_decay * W1
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)
    return cost, (dW1.T, db1[:, 0], dW2.T, db2[:, 0])


def momentum_step(params, grads, velocity, lr, mu=0.9):
    params, velocity = list(params), list(velocity)
    for l in range(4):
        velocity[l] = mu * velocity[l] - lr * grads[l]
        params[l] = params[l] + velocity[l]
    return tuple(params), tuple(velocity)


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * pow(drop, epoch // every)


def cosine(epoch, lr, epochs):
    return lr * (np.cos(np.pi * epoch / epochs) + 1) * .5


def random_mini_batches(X, Y, size, rng):
    m = X.shape[0]
    permutation = list(rng.permutation(m))
    shuffled_X, shuffled_Y = X[permutation, :], Y[permutation]
    mini_batches = []
    full = m // size
    for k in range(full):
        mini_batches.append((shuffled_X[k * size:(k + 1) * size, :], shuffled_Y[k * size:(k + 1) * size]))
    if m % size != 0:
        mini_batches.append((shuffled_X[full * size:, :], shuffled_Y[full * size:]))
    return mini_batches


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0, print_cost=False):
    rng = np.random.default_rng(seed)
    costs, vcosts, accs, vaccs = [], [], [], []
    K = int(np.max(y)) + 1
    params = init(X.shape[1], H, K, seed)
    velocity = tuple(np.zeros(p.shape) for p in params)
    best_cost = np.inf
    best_params = None
    counter = 0
    for i in range(epochs):
        if schedule == "step":
            learning_rate = step_decay(i, lr)
        elif schedule == "cosine":
            learning_rate = cosine(i, lr, epochs)
        else:
            learning_rate = lr
        cost_total = 0
        for minibatch in random_mini_batches(X, y, batch, rng):
            (mX, mY) = minibatch
            cost, grads = loss_and_grads(params, mX, mY, weight_decay, dropout, rng)
            cost_total += cost * len(mY)
            params, velocity = momentum_step(params, grads, velocity, learning_rate, momentum)
        costs.append(cost_total / X.shape[0])
        accs.append(np.mean(predict(params, X) == y))
        vcosts.append(cross_entropy(forward(params, X_val), y_val))
        vaccs.append(np.mean(predict(params, X_val) == y_val))
        if print_cost:
            print("Cost after epoch %i: %f" % (i, costs[-1]))
        if patience is not None:
            if vcosts[-1] < best_cost:
                best_cost = vcosts[-1]
                best_params = copy.deepcopy(params)
                counter = 0
            else:
                counter = counter + 1
                if counter >= patience:
                    break
    if best_params is not None:
        params = best_params
    return params, {"train_loss": costs, "val_loss": vcosts, "train_acc": accs, "val_acc": vaccs}


def predict(params, X):
    return np.argmax(forward(params, X), axis=1)
