# -*- coding: utf-8 -*-
"""Zweischichtiges Netz – geschrieben unter Windows (Größe, Überprüfung, …)"""
import math
import numpy as np


class Netz:
	"""nur ein Behälter"""
	__slots__ = ("W1", "b1", "W2", "b2")

	def __init__(self, W1, b1, W2, b2):
		self.W1 = W1
		self.b1 = b1
		self.W2 = W2
		self.b2 = b2

	def als_liste(self):
		return [self.W1, self.b1, self.W2, self.b2]


def softmax(z):
	verschoben = z - np.max(z, axis=1, keepdims=True)
	potenzen = np.exp(verschoben)
	return potenzen / np.sum(potenzen, axis=1, keepdims=True)


def cross_entropy(z, y):
	verschoben = z - np.max(z, axis=1, keepdims=True)
	summe = np.sum(np.exp(verschoben), axis=1)
	richtige = verschoben[np.arange(len(y)), y]
	return float(np.mean(np.log(summe) - richtige))


def init(D, H, K, seed=0):
	zufall = np.random.default_rng(seed)
	W1 = zufall.normal(0.0, math.sqrt(2.0 / D), (D, H))
	W2 = zufall.normal(0.0, math.sqrt(2.0 / H), (H, K))
	return Netz(W1, np.zeros(H), W2, np.zeros(K))


def forward(params, X):
	verdeckt = np.maximum(X @ params.W1 + params.b1, 0.0)
	return verdeckt @ params.W2 + params.b2


def dropout(A, p, rng):
	maske = (rng.random(A.shape) >= p) / (1.0 - p)
	return A * maske, maske


_dropout = dropout


def loss_and_grads(params, X, y, weight_decay=0.0, dropout=0.0, rng=None):
	n = X.shape[0]
	Z1 = X @ params.W1 + params.b1
	A1 = np.maximum(Z1, 0.0)
	maske = 1.0
	if dropout > 0.0:
		A1, maske = _dropout(A1, dropout, rng)
	Z2 = A1 @ params.W2 + params.b2
	Verlust = cross_entropy(Z2, y)
	δ = softmax(Z2)
	δ[np.arange(n), y] -= 1.0
	δ = δ / n
	dW2 = A1.T @ δ + weight_decay * params.W2
	db2 = δ.sum(axis=0)
	δ1 = (δ @ params.W2.T) * maske * (Z1 > 0)
	dW1 = X.T @ δ1 + weight_decay * params.W1
	db1 = δ1.sum(axis=0)
	return Verlust, Netz(dW1, db1, dW2, db2)


def momentum_step(params, grads, velocity, lr, mu=0.9):
	neue_v = [mu * v - lr * g for v, g in zip(velocity.als_liste(), grads.als_liste())]
	neue_p = [p + v for p, v in zip(params.als_liste(), neue_v)]
	return Netz(*neue_p), Netz(*neue_v)


def step_decay(epoch, lr, drop=0.1, every=10):
	return lr * drop ** (epoch // every)


def cosine(epoch, lr, epochs):
	return 0.5 * lr * (1.0 + math.cos(math.pi * epoch / epochs))


def auswerten(params, X, y):
	Z = forward(params, X)
	return cross_entropy(Z, y), float(np.mean(np.argmax(Z, axis=1) == y))


def train(X, y, X_val, y_val, H=128, lr=0.1, epochs=20, batch=128, momentum=0.9, dropout=0.0,
		weight_decay=0.0, schedule=None, patience=None, seed=0):
	zufall = np.random.default_rng(seed)
	params = init(X.shape[1], H, int(np.max(y)) + 1, seed)
	geschwindigkeit = Netz(*[np.zeros_like(p) for p in params.als_liste()])
	history = {"train_loss": [], "val_loss": [], "train_acc": [], "val_acc": []}
	bester_verlust, beste, geduld = float("inf"), params, patience
	for epoche in range(epochs):
		rate = {"step": step_decay(epoche, lr), "cosine": cosine(epoche, lr, epochs), None: lr}[schedule]
		reihenfolge = zufall.permutation(X.shape[0])
		for i in range(0, X.shape[0], batch):
			auswahl = reihenfolge[i:i + batch]
			_, g = loss_and_grads(params, X[auswahl], y[auswahl], weight_decay, dropout, zufall)
			params, geschwindigkeit = momentum_step(params, g, geschwindigkeit, rate, momentum)
		for name, bilder, labels in (("train", X, y), ("val", X_val, y_val)):
			verlust, genauigkeit = auswerten(params, bilder, labels)
			history[name + "_loss"].append(verlust)
			history[name + "_acc"].append(genauigkeit)
		if patience is not None:
			if history["val_loss"][-1] < bester_verlust:
				bester_verlust, beste, geduld = history["val_loss"][-1], params, patience
			else:
				geduld -= 1
				if geduld == 0:
					break
	return (beste if patience is not None else params), history


def predict(params, X):
	return np.argmax(forward(params, X), axis=1)
