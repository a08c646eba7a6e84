"""shared by mlp_numpy.py and the notebook"""
import numpy as np


def batches(n, size, rng):
    order = rng.permutation(n)
    return [order[i:i + size] for i in range(0, n, size)]


def accuracy(labels, y):
    return float(np.mean(np.asarray(labels) == np.asarray(y)))
