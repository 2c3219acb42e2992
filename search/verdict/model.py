"""The probability that an item answers, from its signals: a logistic regression.

Its few weights are kept in a JSON file beside this module; ``bench/verdict.py`` learns them, and
for a model of one's own writes them to the cache folder, where they are read first.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.messages import N_, ConfigurationError

SHIPPED = Path(__file__).parent / "weights.json"


@dataclass(frozen=True)
class VerdictModel:
    """``names`` are the signals that it reads, in the order of the other fields.

    An item that reaches ``answered`` makes the verdict “answered”; where none reaches ``near`` it
    is “nothing”. Items below ``end`` are beyond the end of relevance. Below the score ``floor``
    only an item that shares rare words with the question can answer.
    """

    names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    answered: float
    near: float
    end: float
    floor: float

    def probabilities(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of items, shape (items,), from their signals, shape (items, names)."""
        standard = (signals - np.array(self.means)) / np.array(self.scales)
        logits = standard @ np.array(self.weights) + self.intercept
        probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
        return probabilities

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> VerdictModel:
        """Raises ConfigurationError when the file is not one of ``save``."""
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            columns = [tuple(map(float, record[name])) for name in ("means", "scales", "weights")]
            means, scales, weights = columns
            if any(len(column) != len(record["names"]) for column in columns):
                raise ValueError
            return cls(
                tuple(map(str, record["names"])),
                means,
                scales,
                weights,
                float(record["intercept"]),
                float(record["answered"]),
                float(record["near"]),
                float(record["end"]),
                float(record["floor"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(
                N_("The file {name} for the verdict of a search is damaged: make it again."),
                name=path.name,
            ) from error


def weights_file(cache_dir: Path, models: str) -> Path:
    """Where the weights learned for an embedding model, and a reranker if there is one, lie, if any
    were."""
    return cache_dir / f"verdict-{models}.json"


@cache
def load_model(cache_dir: Path, models: str) -> VerdictModel:
    """The weights learned on this machine for the models, or else the shipped ones.

    Raises:
        ConfigurationError: the file is damaged.
    """
    own = weights_file(cache_dir, models)
    return VerdictModel.load(own if own.is_file() else SHIPPED)


def fit_logistic(
    signals: NDArray[np.float64],
    labels: NDArray[np.float64],
    importance: NDArray[np.float64],
    ridge: float = 1.0,
    rounds: int = 50,
) -> tuple[NDArray[np.float64], float]:
    """Weights and intercept by Newton's method with an L2 penalty on the weights.

    ``signals`` are standardised, shape (rows, names); ``labels`` 0 or 1 and ``importance``, the
    weight of each row, have shape (rows,).
    """
    rows = np.column_stack([signals, np.ones(len(signals))])
    penalty = np.diag([ridge] * signals.shape[1] + [1e-6])
    found = np.zeros(rows.shape[1])
    for _ in range(rounds):
        predicted = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        gradient = rows.T @ (importance * (predicted - labels)) + penalty @ found
        curvature = (rows * (importance * predicted * (1 - predicted))[:, np.newaxis]).T @ rows
        step = np.linalg.solve(curvature + penalty, gradient)
        found -= step
        if float(np.abs(step).max()) < 1e-8:
            break
    return found[:-1], float(found[-1])
