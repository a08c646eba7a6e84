from numpy import maximum, greater


def relu(x):
    return maximum(x, 0)


def d_relu(x):
    return greater(x, 0).astype(x.dtype)
