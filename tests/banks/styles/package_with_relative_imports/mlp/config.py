from dataclasses import dataclass


@dataclass
class TrainConfig:
    H: int = 128
    lr: float = 0.1
    epochs: int = 20
    batch: int = 128
    momentum: float = 0.9
    dropout: float = 0.0
    weight_decay: float = 0.0
    schedule: str = None
    patience: int = None
    seed: int = 0
