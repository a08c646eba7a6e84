import numpy as np

# params is a dict; so are grads ('dW1', ...) and velocity ('W1', ...)
# NOTE: my velocity points uphill (v = mu*v + lr*g and then theta -= v). Same thing.


def softmax(z):
    """numerically stable"""
    exps = np.exp(z - np.max(z, axis=1).reshape(-1, 1))
    return exps / np.sum(exps, axis=1).reshape(-1, 1)


def log_softmax(z):
    zmax = np.max(z, axis=1).reshape(-1, 1)
    return z - zmax - np.log(np.sum(np.exp(z - zmax), axis=1)).reshape(-1, 1)


def cross_entropy(z, y):
    lp = log_softmax(z)
    total = 0.0
    for i in range(len(y)):
        total += -lp[i][y[i]]
    return total / len(y)


def init(D, H, K, seed=0):
    rng = np.random.default_rng(seed)
    params = {}
    params['W1'] = rng.normal(size=(D, H)) * np.sqrt(2 / D)
    params['b1'] = np.zeros(H)
    params['W2'] = rng.normal(size=(H, K)) * np.sqrt(2 / H)
    params['b2'] = np.zeros(K)
    return params


def relu(x): return x * (x > 0)


def forward(params, X):
    h = relu(X.dot(params['W1']) + params['b1'])
    return h.dot(params['W2']) + params['b2']


def dropout(A, p, rng):
    mask = rng.binomial(1, 1 - p, size=A.shape) / (1 - p)
    return A * mask, mask


_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    N = X.shape[0]
    cache = {}
    cache['z1'] = X.dot(params['W1']) + params['b1']
    cache['a1'] = relu(cache['z1'])
    if dropout:
        cache['a1'], cache['mask'] = _dropout(cache['a1'], dropout, rng)
    cache['z2'] = cache['a1'].dot(params['W2']) + params['b2']
    loss = cross_entropy(cache['z2'], y)

    grads = {}
    dz2 = softmax(cache['z2'])
    dz2[range(N), y] -= 1
    dz2 = dz2 / N
    grads['dW2'] = cache['a1'].T.dot(dz2)
    grads['db2'] = np.sum(dz2, axis=0)
    da1 = dz2.dot(params['W2'].T)
    if dropout:
        da1 = da1 * cache['mask']
    dz1 = da1 * (cache['z1'] > 0)
    grads['dW1'] = X.T.dot(dz1)
    grads['db1'] = np.sum(dz1, axis=0)
    # L2: only the weights
    grads['dW1'] += weight_decay * params['W1']
    grads['dW2'] += weight_decay * params['W2']
    return loss, grads


def momentum_step(params, grads, velocity, lr, mu=0.9):
    params = dict(params)
    velocity = dict(velocity)
    for k in params:
        velocity[k] = mu * velocity[k] + lr * grads['d' + k]
        params[k] = params[k] - velocity[k]
    return params, velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * np.power(drop, np.floor(epoch / every))


def cosine(epoch, lr, epochs):
    return 0.5 * lr * (1 + np.cos(epoch * np.pi / epochs))


def accuracy(params, X, y):
    return sum(predict(params, X) == y) / len(y)


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
          weight_decay=0.0, schedule=None, patience=None, seed=0):
    rng = np.random.default_rng(seed)
    params = init(X.shape[1], H, max(y) + 1, seed)
    velocity = {k: np.zeros(v.shape) for k, v in params.items()}
    history = {k: [] for k in ['train_loss', 'val_loss', 'train_acc', 'val_acc']}
    best_val = float('inf')
    best = None
    wait = 0
    X_shuffled, y_shuffled = X.copy(), y.copy()
    for epoch in range(epochs):
        current_lr = lr
        if schedule == 'step':
            current_lr = step_decay(epoch, lr)
        if schedule == 'cosine':
            current_lr = cosine(epoch, lr, epochs)
        perm = rng.permutation(X.shape[0])
        X_shuffled = X_shuffled[perm]      # copies, shuffled more and more
        y_shuffled = y_shuffled[perm]
        start = 0
        while start < len(X):
            xb = X_shuffled[start:start + batch]
            yb = y_shuffled[start:start + batch]
            loss, grads = loss_and_grads(params, xb, yb, weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, current_lr, momentum)
            start += batch
        history['train_loss'].append(cross_entropy(forward(params, X), y))
        history['val_loss'].append(cross_entropy(forward(params, X_val), y_val))
        history['train_acc'].append(accuracy(params, X, y))
        history['val_acc'].append(accuracy(params, X_val, y_val))
        if patience:
            if history['val_loss'][-1] < best_val:
                best_val = history['val_loss'][-1]
                best = {k: v.copy() for k, v in params.items()}
                wait = 0
            else:
                wait += 1
                if wait == patience:
                    print('early stopping at epoch', epoch)
                    break
    if patience:
        params = best
    return params, history


def predict(params, X):
    return forward(params, X).argmax(axis=1)
