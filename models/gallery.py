"""Everyone's templates, and the search for one probe among them (1:N)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

Vector = NDArray[np.float32]
"""(d,) unit length: a probe or a template."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The nearest person: cosine `score`, and `margin` to the next person, None when there is no other."""

    person: str
    score: float
    margin: float | None


def unit(vector: NDArray[np.float32]) -> Vector:
    """The vector at length 1. ModelError when it has no direction."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-9:
        raise ModelError("an embedding without direction: the picture or the model is damaged")
    return np.asarray(vector / length, np.float32)


class Gallery:
    """One template a person, all made by one model; immutable, so that threads may share it.

    A person enrolled twice cannot be: the mapping has one template for each id.
    """

    def __init__(self, model: str, templates: Mapping[str, Vector]) -> None:
        self.model = model
        self._people = tuple(templates)
        self._matrix = np.stack([unit(v) for v in templates.values()]) if templates else np.zeros((0, 1), np.float32)

    def __len__(self) -> int:
        return len(self._people)

    def search(self, probe: Vector) -> Identity | None:
        """The nearest person to a unit probe (d,), or None in an empty gallery. One matrix product."""
        if not self._people:
            return None
        scores = self._matrix @ probe
        best = int(scores.argmax())
        score = float(scores[best])
        if len(self._people) == 1:
            return Identity(self._people[best], score, None)
        scores[best] = -np.inf
        return Identity(self._people[best], score, score - float(scores.max()))
