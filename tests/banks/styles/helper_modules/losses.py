import numpy as np


class CrossEntropyWithLogits:
    """callable, keeps what the backward pass needs"""

    def __call__(self, z, y):
        self.y = y
        self.shifted = z - z.max(axis=1, keepdims=True)
        self.norm = np.exp(self.shifted).sum(axis=1, keepdims=True)
        picked = np.take_along_axis(self.shifted, np.asarray(y)[:, None], axis=1)
        return (np.log(self.norm) - picked).mean()

    def probabilities(self):
        return np.exp(self.shifted) / self.norm

    def grad(self):
        g = self.probabilities()
        np.add.at(g, (np.arange(len(self.y)), self.y), -1)
        return g / len(self.y)
