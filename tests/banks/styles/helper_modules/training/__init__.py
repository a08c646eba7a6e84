from training.callbacks import EarlyStopping, History
from training.rates import RATES
