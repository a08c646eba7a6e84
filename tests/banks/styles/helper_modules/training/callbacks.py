import copy


class History(dict):
    def __init__(self):
        super().__init__(train_loss=[], val_loss=[], train_acc=[], val_acc=[])

    def log(self, **values):
        for name, value in values.items():
            self[name].append(value)


class EarlyStopping:
    """on validation accuracy; a tie counts as no improvement"""

    def __init__(self, patience):
        self.patience, self.best, self.bad, self.params = patience, None, 0, None

    def done(self, score, params):
        if self.best is None or score > self.best:
            self.best, self.bad, self.params = score, 0, copy.deepcopy(params)
        else:
            self.bad += 1
        return self.bad >= self.patience
