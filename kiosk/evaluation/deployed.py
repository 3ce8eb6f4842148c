"""Open-set identification as a kiosk would decide it: at the calibration's threshold and margin, whoever comes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.evaluation.dataset import Dataset
from models.calibration import Acceptance, Calibration
from models.evaluation import OpenSet
from models.gallery import unit


@dataclass(frozen=True, slots=True)
class Tally:
    """Searches for people in the gallery and how many were missed; searches of strangers and how many were accepted."""

    mated: int = 0
    missed: int = 0
    strangers: int = 0
    accepted: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.mated + other.mated,
            self.missed + other.missed,
            self.strangers + other.strangers,
            self.accepted + other.accepted,
        )


def deployed(
    data: Dataset, group: NDArray[np.bool_], wanted: OpenSet, calibration: Calibration, seed: int
) -> Tally | None:
    """Many galleries of the wanted size, half of the group's people in each and the others at the door.

    `group` says of every person whether they belong to it. None when the data hold too few people with so many photos.
    """
    random = np.random.default_rng(seed)
    photos = [np.flatnonzero(data.labels == person) for person in range(len(data.people))]
    able = np.array([person for person, own in enumerate(photos) if len(own) > wanted.enrol])
    if len(able) < wanted.size or not group[able].any():
        return None
    accepted = calibration.acceptance(wanted.fpir, wanted.size)
    total = Tally()
    for _ in range(wanted.trials):
        total += _trial(data.vectors, photos, able, group, wanted, accepted, random)
    return total


def _trial(
    vectors: NDArray[np.float32],
    photos: list[NDArray[np.int64]],
    able: NDArray[np.int64],
    group: NDArray[np.bool_],
    wanted: OpenSet,
    accepted: Acceptance,
    random: np.random.Generator,
) -> Tally:
    inside = random.permutation(able[group[able]])
    inside = inside[: min((len(inside) + 1) // 2, wanted.size)]
    fill = random.permutation(able[~group[able]])[: wanted.size - len(inside)]
    members = np.concatenate([inside, fill])
    orders = [random.permutation(photos[person]) for person in members]
    gallery = np.stack([unit(vectors[order[: wanted.enrol]].sum(axis=0)) for order in orders])
    mated = np.stack([unit(vectors[o[wanted.enrol :][: wanted.probe]].sum(axis=0)) for o in orders[: len(inside)]])
    outside = np.setdiff1d(np.flatnonzero(group), inside)
    strangers = np.concatenate([_probes(vectors, photos[person], wanted.probe) for person in outside])
    nearest, certain = _decide(mated @ gallery.T, accepted)
    _, taken = _decide(strangers @ gallery.T, accepted)
    missed = ~(certain & (nearest == np.arange(len(inside))))
    return Tally(len(inside), int(missed.sum()), len(strangers), int(taken.sum()))


def _probes(vectors: NDArray[np.float32], own: NDArray[np.int64], probe: int) -> NDArray[np.float32]:
    """Every photo of a stranger alone, or their photos in averages of `probe`."""
    starts = range(0, len(own), probe)
    rows = [unit(vectors[own[start : start + probe]].sum(axis=0)) for start in starts]
    return np.stack(rows) if rows else np.zeros((0, vectors.shape[1]), np.float32)


def _decide(scores: NDArray[np.float32], accepted: Acceptance) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    best = scores.argmax(axis=1)
    top = np.sort(scores, axis=1)[:, -2:]
    return best, (top[:, 1] >= accepted.threshold) & (top[:, 1] - top[:, 0] >= accepted.margin)
