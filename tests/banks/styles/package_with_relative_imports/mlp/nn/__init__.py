from .functional import softmax, cross_entropy, relu, drop
from .model import init, forward, loss_and_grads
from .optim import momentum_step, step_decay, cosine

__all__ = ["softmax", "cross_entropy", "relu", "drop", "init", "forward", "loss_and_grads", "momentum_step", "step_decay", "cosine"]
