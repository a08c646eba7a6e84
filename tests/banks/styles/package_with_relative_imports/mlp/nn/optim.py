import math


def momentum_step(params, grads, velocity, lr, mu=0.9):
    velocity = tuple(mu * v - lr * g for v, g in zip(velocity, grads))
    params = tuple(p + v for p, v in zip(params, velocity))
    return params, velocity


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr / 2 * (1 + math.cos(math.pi * epoch / epochs))
