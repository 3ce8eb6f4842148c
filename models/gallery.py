"""The gallery of templates, the search for a probe in it, and the template of one person."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, ShotsDisagreeError, VectorError

Vector = NDArray[np.float32]
"""(d,) unit length: a probe or a template."""

_SHORTLIST = 256
"""In a gallery of more people, the embedder's first member chooses this many, and all members decide among them."""

_BLOCK = 1024
"""Rows of the gallery that are compared at once; bounds the memory that `look_alikes` takes."""

# The largest deviation from length 1 of a unit vector read from bytes: float32 leaves 1e-6, damage much more.
_MAX_LENGTH_ERROR = 1e-3


@dataclass(frozen=True, slots=True)
class Identity:
    """The nearest person, the cosine `score`, and its `margin` over the `runner_up`.

    `margin` and `runner_up` are None when the gallery holds nobody else.
    """

    person: str
    score: float
    margin: float | None
    runner_up: str | None = None


def unit(vector: NDArray[np.float32]) -> Vector:
    """The vector at length 1. Raises ModelError when it has no direction."""
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length < 1e-9:
        raise ModelError("an embedding without direction: the picture or the model is damaged")
    return np.asarray(vector / length, np.float32)


def vector_of(raw: bytes, dimension: int) -> Vector:
    """Returns the unit vector (dimension,) stored in `raw` as little-endian float32.

    Raises VectorError when `raw` has another size, or the vector is not of length 1.
    """
    if len(raw) != 4 * dimension:
        raise VectorError(f"{len(raw)} bytes, not {4 * dimension}")
    vector = np.frombuffer(raw, "<f4").astype(np.float32)
    if not abs(float(np.linalg.norm(vector)) - 1) < _MAX_LENGTH_ERROR:  # also true for NaN
        raise VectorError("a vector is not of length 1")
    return vector


class Gallery:
    """One template for each person, all made by one model. Immutable, so that threads may share it.

    `lead` is how many numbers of a vector come from the embedder's first member. They are kept in float32 and searched
    in one matrix product. The others are kept in one byte each and used for the nearest people only.
    """

    def __init__(self, model: str, templates: Mapping[str, Vector], lead: int | None = None) -> None:
        self.model = model
        self._people = tuple(templates)
        rows = np.stack([unit(v) for v in templates.values()]) if templates else np.zeros((0, 1), np.float32)
        lead = rows.shape[1] if lead is None else lead
        self._lead = np.ascontiguousarray(rows[:, :lead])
        self._rest, self._scale = _as_bytes(rows[:, lead:])

    def __len__(self) -> int:
        return len(self._people)

    @property
    def bytes_held(self) -> int:
        """Memory of the templates in bytes."""
        return self._lead.nbytes + self._rest.nbytes + self._scale.nbytes

    def search(self, probe: Vector) -> Identity | None:
        """The nearest person to a unit probe (d,), or None in an empty gallery."""
        if not self._people:
            return None
        lead = self._lead.shape[1]
        scores = self._lead @ probe[:lead]
        rows = np.arange(len(scores))
        if self._rest.shape[1]:
            if len(scores) > _SHORTLIST:
                rows = np.argpartition(scores, -_SHORTLIST)[-_SHORTLIST:]
            scores = scores[rows] + (self._rest[rows].astype(np.float32) @ probe[lead:]) * self._scale[rows]
        best = int(scores.argmax())
        person, score = self._people[rows[best]], float(scores[best])
        if len(scores) == 1:
            return Identity(person, score, None)
        scores[best] = -np.inf
        second = int(scores.argmax())
        return Identity(person, score, score - float(scores[second]), self._people[rows[second]])

    def near(self, probe: Vector, threshold: float) -> list[tuple[str, float]]:
        """Everybody whose score for a unit probe (d,) is at least `threshold`, as (person, score), nearest first."""
        if not self._people:
            return []
        scores = self._whole() @ probe
        order = np.argsort(-scores)
        return [(self._people[row], float(scores[row])) for row in order if scores[row] >= threshold]

    def look_alikes(self, threshold: float) -> Iterator[tuple[str, str, float]]:
        """Pairs of people whose templates have a score of at least `threshold`: (one, other, score)."""
        whole = self._whole()
        for begin in range(0, len(whole), _BLOCK):
            scores = whole[begin : begin + _BLOCK] @ whole.T
            for row, column in np.argwhere(scores >= threshold):
                if begin + row < column:
                    yield self._people[begin + row], self._people[column], float(scores[row, column])

    def _whole(self) -> NDArray[np.float32]:
        return np.concatenate([self._lead, self._rest * self._scale[:, None]], axis=1)


def _as_bytes(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Rows as one signed byte a number, and the scale of each row.

    The error is at most half of 1/127 of the row's largest number.
    """
    largest = np.abs(rows).max(axis=1, initial=0.0)
    scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    return np.round(rows / scale[:, None]).astype(np.int8), scale


@dataclass(frozen=True, slots=True)
class FaceTemplate:
    """The mean of the shots that agree, as a unit vector.

    `agreement[i]` is the cosine of shot i with the mean of the other used shots, None when it is the only one.
    `set_aside` holds the indices of the shots that were left out because they do not agree.
    """

    vector: Vector
    agreement: tuple[float | None, ...]
    set_aside: tuple[int, ...]


def template_of(shots: Sequence[Vector], least: float) -> FaceTemplate:
    """The template of unit vectors (d,). A shot whose cosine with the mean of the others is below `least` is set aside.

    Raises ShotsDisagreeError when not more than half of the shots agree with each other.
    """
    used = list(range(len(shots)))
    while len(used) > 1:
        nearness = {index: _nearness(shots, index, used) for index in used}
        worst = min(used, key=lambda index: nearness[index])
        if nearness[worst] >= least:
            break
        used.remove(worst)
    if 2 * len(used) <= len(shots) and len(shots) > 1:
        raise ShotsDisagreeError("the shots do not agree: they may show different people; take them again")
    agreement = tuple(None if used == [index] else _nearness(shots, index, used) for index in range(len(shots)))
    aside = tuple(index for index in range(len(shots)) if index not in used)
    return FaceTemplate(unit(np.sum([shots[index] for index in used], axis=0)), agreement, aside)


def _nearness(shots: Sequence[Vector], index: int, used: Sequence[int]) -> float:
    others = np.sum([shots[other] for other in used if other != index], axis=0)
    return float(shots[index] @ unit(others))
