import matplotlib.pyplot as plt
import numpy as np
from mlp_numpy import train, forward, cross_entropy, predict

plt.style.use('ggplot')
plt.rcParams['figure.figsize'] = (12, 4)
plt.rcParams['font.size'] = 14


def plot_curves(history, path):
    plt.figure()

    plt.subplot(1, 2, 1)
    plt.plot(history['train_loss'], label='Training Loss')
    plt.plot(history['val_loss'], label='Validation Loss')
    plt.title('Loss')
    plt.xlabel('Epoch')
    plt.ylabel('Loss')
    plt.legend()

    plt.subplot(1, 2, 2)
    plt.plot(history['train_acc'], label='Training Accuracy')
    plt.plot(history['val_acc'], label='Validation Accuracy')
    plt.title('Accuracy')
    plt.xlabel('Epoch')
    plt.ylabel('Accuracy')
    plt.legend()

    plt.tight_layout()
    plt.savefig(path)
    plt.show()


def width_study(X, y, X_val, y_val, widths, **train_options):
    """final accuracies of each width"""
    results = {}
    for w in widths:
        params, history = train(X, y, X_val, y_val, H=w, **train_options)
        results[w] = {'train_acc': history['train_acc'][-1], 'val_acc': history['val_acc'][-1]}
        print('H = %4d  train %.3f  val %.3f' % (w, results[w]['train_acc'], results[w]['val_acc']))
    return results
