'''object-oriented matplotlib with an explicit canvas; a class for the study; best accuracy of each width'''
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import mlp_numpy as m


class CurvePlot:
    def __init__(self, history):
        self.history = history
        self.figure = Figure()
        self.canvas = FigureCanvasAgg(self.figure)
        self.top, self.bottom = self.figure.subplots(2, 1, sharex=True)

    def draw(self):
        for ax, what in ((self.top, 'loss'), (self.bottom, 'acc')):
            for split, marker in (('train', 'o'), ('val', 'x')):
                values = np.array(self.history[split + '_' + what])
                line = Line2D(np.arange(len(values)), values, marker=marker, color='C0' if split == 'train' else 'C1')
                ax.add_line(line)
                line.set_label({'train': 'train', 'val': 'valid'}[split])
            ax.autoscale_view()
            ax.set_ylabel(what)
            ax.legend(frameon=False)
        self.bottom.set_xlabel('epochs')
        return self

    def save(self, path):
        self.canvas.print_figure(os.fspath(path), dpi=100)


def plot_curves(history, path):
    CurvePlot(history).draw().save(path)


class Study:
    def __init__(self, data, **options):
        self.data, self.options = data, options

    def __call__(self, H):
        _, history = m.train(*self.data, H=H, **self.options)
        return H, max(history['val_acc'])


def width_study(X, y, X_val, y_val, widths, **train_options):
    with ThreadPoolExecutor(2) as pool:
        return dict(pool.map(Study((X, y, X_val, y_val), **train_options), widths))
