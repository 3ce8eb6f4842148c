"""Open-set identification by the daemon's own roll: its templates, search, threshold and margins, whoever comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kiosk.evaluation.dataset import Dataset
from kiosk.people import Enrolled, Standard, roll_of
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


def deployed(data: Dataset, group: NDArray[np.bool_], wanted: OpenSet, standard: Standard, seed: int) -> Tally | None:
    """Many rolls of the wanted size, half of the group's people on each and the others at the door.

    `group` says of every person whether they belong to it. None when the data hold too few people with so many photos.
    """
    random = np.random.default_rng(seed)
    photos = [np.flatnonzero(data.labels == person) for person in range(len(data.people))]
    able = np.array([person for person, own in enumerate(photos) if len(own) > wanted.enrol])
    if len(able) < wanted.size or not group[able].any():
        return None
    total = Tally()
    for _ in range(wanted.trials):
        inside = random.permutation(able[group[able]])
        inside = inside[: min((len(inside) + 1) // 2, wanted.size)]
        fill = random.permutation(able[~group[able]])[: wanted.size - len(inside)]
        orders = {int(person): random.permutation(photos[person]) for person in (*inside, *fill)}
        outside = [photos[person] for person in np.setdiff1d(np.flatnonzero(group), inside)]
        total += _trial(data.vectors, orders, len(inside), outside, wanted, standard)
    return total


def _trial(
    vectors: NDArray[np.float32],
    orders: Mapping[int, NDArray[np.int64]],
    mated: int,
    outside: Sequence[NDArray[np.int64]],
    wanted: OpenSet,
    standard: Standard,
) -> Tally:
    """One roll of the people in `orders`: the first `mated` of them come to the door, and everybody of `outside`."""
    enrolled = {str(person): Enrolled("", tuple(vectors[own[: wanted.enrol]])) for person, own in orders.items()}
    roll = roll_of(enrolled, standard)
    missed = accepted = strangers = 0
    for person, own in list(orders.items())[:mated]:
        found = roll.identify(unit(vectors[own[wanted.enrol :][: wanted.probe]].sum(axis=0)))
        missed += found.verdict != "accepted" or found.nearest is None or found.nearest.person != str(person)
    for own in outside:
        for start in range(0, len(own), wanted.probe):
            probe = unit(vectors[own[start : start + wanted.probe]].sum(axis=0))
            accepted += roll.identify(probe).verdict == "accepted"
            strangers += 1
    return Tally(mated, missed, strangers, accepted)
