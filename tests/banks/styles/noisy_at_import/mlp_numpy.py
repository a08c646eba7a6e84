#!/usr/bin/env python
# coding: utf-8
"""MNIST MLP. exported from my notebook with nbconvert, sorry for the noise."""

import warnings
import logging
import sys
import os
import time
import random

import numpy as np
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plt

logging.basicConfig(level=logging.DEBUG)
log = logging.getLogger('mlp')
np.set_printoptions(precision=3, suppress=True)
np.random.seed(1234)
random.seed(1234)
os.environ['OMP_NUM_THREADS'] = '1'

print('numpy', np.__version__, 'python', sys.version)
print('This text goes to stderr', file=sys.stderr)
warnings.warn('this is only a test warning')
log.info('module loaded at %s', time.ctime())
print('progress |', end='')
for _ in range(50):
    print('█', end='', flush=True)
print('| 100% ✓ 你好')

# In[2]:

fig = plt.figure()
plt.plot(np.linspace(-3, 3), np.maximum(np.linspace(-3, 3), 0))
plt.title('relu')
plt.show()

# In[3]:


def softmax(z):
    print('softmax called with', z.shape, z.dtype)
    z = z - z.max(axis=1, keepdims=True)
    ez = np.exp(z)
    return ez / ez.sum(axis=1, keepdims=True)

toy = np.array([[1., 2., 3.], [1000., 0., 0.]])
print(softmax(toy))
assert np.allclose(softmax(toy).sum(axis=1), 1)

# In[4]:


def cross_entropy(z, y):
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(y)), y].mean()

print('loss', cross_entropy(toy, np.array([2, 0])))

# In[5]:


def init(D, H, K, seed=0):
    rs = np.random.RandomState(seed)
    return (rs.randn(D, H) * np.sqrt(2 / D), np.zeros(H), rs.randn(H, K) * np.sqrt(2 / H), np.zeros(K))


def forward(params, X):
    W1, b1, W2, b2 = params
    a = X @ W1 + b1
    a = a.clip(min=0)
    return a @ W2 + b2


def dropout(A, p, rng):
    m = rng.random(A.shape) > p
    m = m / (1 - p)
    print('kept', (m > 0).mean())
    return A * m, m


apply_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
    W1, b1, W2, b2 = params
    z1 = X @ W1 + b1
    a1 = z1.clip(min=0)
    if dropout > 0:
        rng = rng if rng is not None else np.random.default_rng()
        a1, m = apply_dropout(a1, dropout, rng)
    z2 = a1 @ W2 + b2
    dz2 = softmax(z2)
    dz2[np.arange(len(y)), y] -= 1
    dz2 /= len(y)
    da1 = dz2 @ W2.T
    if dropout > 0:
        da1 = da1 * m
    dz1 = da1 * (z1 > 0)
    l2 = 0.5 * weight_decay * (np.sum(W1 * W1) + np.sum(W2 * W2))
    print('loss', cross_entropy(z2, y) + l2)
    return cross_entropy(z2, y) + l2, (X.T @ dz1 + weight_decay * W1, dz1.sum(0), a1.T @ dz2 + weight_decay * W2, dz2.sum(0))


# In[6]:

D, H, K = 4, 5, 3
params = init(D, H, K)
X = np.random.randn(8, D)
y = np.random.randint(0, K, 8)
loss, grads = loss_and_grads(params, X, y)
h = 1e-5
W1 = params[0]
for i in range(2):
    W1[i, 0] += h
    lp = cross_entropy(forward(params, X), y)
    W1[i, 0] -= 2 * h
    lm = cross_entropy(forward(params, X), y)
    W1[i, 0] += h
    print('numerical', (lp - lm) / (2 * h), 'analytic', grads[0][i, 0])

# In[7]:


def momentum_step(params, grads, velocity, lr, mu=0.9):
    vel = []
    new = []
    for p, g, v in zip(params, grads, velocity):
        v = mu * v - lr * g
        vel.append(v)
        new.append(p + v)
    return tuple(new), tuple(vel)


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return 0.5 * lr * (1 + np.cos(np.pi * epoch / epochs))


def predict(params, X):
    return np.argmax(forward(params, X), axis=1)


# In[8]:


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0, weight_decay=0.0, schedule=None, patience=None, seed=0):
    np.random.seed(seed)     # shuffling with the global generator, dropout with a Generator
    rng = np.random.default_rng(seed)
    t0 = time.time()
    params = init(X.shape[1], H, y.max() + 1, seed)
    velocity = [np.zeros_like(p) for p in params]
    history = dict(train_loss=[], val_loss=[], train_acc=[], val_acc=[])
    best_loss, best_params, wait = 1e99, None, 0
    for epoch in range(epochs):
        cur = lr
        if schedule == 'step': cur = step_decay(epoch, lr)
        elif schedule == 'cosine': cur = cosine(epoch, lr, epochs)
        idx = np.arange(len(X))
        np.random.shuffle(idx)
        for i in range(0, len(X), batch):
            b = idx[i:i+batch]
            _, grads = loss_and_grads(params, X[b], y[b], weight_decay, dropout, rng)
            params, velocity = momentum_step(params, grads, velocity, cur, momentum)
        history['train_loss'].append(cross_entropy(forward(params, X), y))
        history['val_loss'].append(cross_entropy(forward(params, X_val), y_val))
        history['train_acc'].append((predict(params, X) == y).mean())
        history['val_acc'].append((predict(params, X_val) == y_val).mean())
        print('epoch', epoch, {k: round(float(v[-1]), 4) for k, v in history.items()}, '%.1fs' % (time.time() - t0))
        if patience is not None:
            if history['val_loss'][-1] < best_loss:
                best_loss, best_params, wait = history['val_loss'][-1], params, 0
            else:
                wait += 1
                if wait >= patience:
                    warnings.warn('early stopping')
                    break
    return (params if best_params is None else best_params), history

# In[9]:

centers = 3 * np.random.randn(3, 6)
y = np.random.randint(0, 3, 60)
X = centers[y] + np.random.randn(60, 6)
params, history = train(X, y, X, y, H=8, epochs=3, batch=16)
plt.plot(history['train_loss'])
plt.show()
print('done', predict(params, X)[:10])
