import math


def step_decay(epoch, lr, drop=0.1, every=10):
    return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
    return lr * (1 + math.cos(math.pi * epoch / epochs)) / 2


RATES = {None: lambda e, lr, n: lr, "step": lambda e, lr, n: step_decay(e, lr), "cosine": cosine}
