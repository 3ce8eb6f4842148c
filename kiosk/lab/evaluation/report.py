"""The report of an evaluation: the document that `kiosk evaluate --json` writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kiosk.lab.evaluation.dataset import Dataset, members
from kiosk.people import EnrolledPerson, MatchPolicy, enrolled_gallery
from kiosk.runtime.errors import UsageError
from models.errors import SampleTooSmallError
from models.evaluation import Comparisons, OpenSet, accuracy, compare, fnir, pairs, upper_bound
from models.gallery import unit


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of searches: `mated` for people in the gallery and how many were `missed`, `strangers` and how many
    `accepted`."""

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
    data: Dataset, group: NDArray[np.bool_], wanted: OpenSet, match_policy: MatchPolicy, seed: int
) -> Tally | None:
    """Count the errors of many galleries of the wanted size, with the kiosk's own thresholds.

    Each gallery holds up to half of the group's people; the rest of the group are strangers to it. `group` is a mask
    over the people. None when too few people have enough photos.
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
        total += _trial(data.vectors, orders, len(inside), outside, wanted, match_policy)
    return total


def _trial(
    vectors: NDArray[np.float32],
    orders: Mapping[int, NDArray[np.int64]],
    mated: int,
    outside: Sequence[NDArray[np.int64]],
    wanted: OpenSet,
    match_policy: MatchPolicy,
) -> Tally:
    """Count the errors of one gallery of the people in `orders`.

    Its probes are of the first `mated` of them, and of everybody in `outside`.
    """
    enrolled = {str(person): EnrolledPerson("", tuple(vectors[own[: wanted.enrol]])) for person, own in orders.items()}
    gallery = enrolled_gallery(enrolled, match_policy)
    missed = accepted = strangers = 0
    for person, own in list(orders.items())[:mated]:
        found = gallery.identify(unit(vectors[own[wanted.enrol :][: wanted.probe]].sum(axis=0)))
        missed += found.verdict != "accepted" or found.nearest is None or found.nearest.person != str(person)
    for own in outside:
        for start in range(0, len(own), wanted.probe):
            probe = unit(vectors[own[start : start + wanted.probe]].sum(axis=0))
            accepted += gallery.identify(probe).verdict == "accepted"
            strangers += 1
    return Tally(mated, missed, strangers, accepted)


LEVELS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
"""False match rates of the report."""
_FOLDS, _PAIRS = 10, 300
_SIZES = (50, 100, 150, 500, 1000)
_GALLERIES = 20
_FPIR = 0.003
_SEED = 1

Document = dict[str, Any]
"""JSON that is only written, never read by the program."""


def report(data: Dataset, groups: Mapping[str, str], match_policy: MatchPolicy | None) -> tuple[Document, Comparisons]:
    """The whole document, and the comparisons of everybody that it is based on. Raises UsageError for too few
    photos."""
    owners = [data.people[label] for label in data.labels]
    everybody = compare(data.vectors, owners)
    document: Document = {
        "model": data.model,
        "images": data.photos,
        "people": len(data.people),
        "failure_to_acquire": round(data.refused.total() / data.photos, 4),
        "refused": dict(data.refused.most_common()),
        "verification": {"accuracy": _accuracy(data, owners), **_verification(everybody, everybody)},
        "identification": list(_identification(data.vectors, owners)),
        "deployed": _deployed(data, np.ones(len(data.people), np.bool_), match_policy),
        "groups": dict(_groups(data, groups, everybody, match_policy)),
    }
    return document, everybody


def _accuracy(data: Dataset, owners: Sequence[str]) -> float | None:
    """10-fold accuracy; None for fewer than 20 people, or one photo of each.

    Raises UsageError when too few of the people have two photos.
    """
    if len(set(owners)) < 2 * _FOLDS or np.bincount(data.labels).max() < 2:
        return None
    try:
        drawn = list(pairs(owners, _FOLDS, _PAIRS, _SEED))
    except SampleTooSmallError as error:
        raise UsageError(str(error)) from error
    folds = [
        tuple(np.sum(data.vectors[kind[:, 0]] * data.vectors[kind[:, 1]], axis=1) for kind in fold) for fold in drawn
    ]
    return round(accuracy([(same, other) for same, other in folds]), 4)


def _verification(judged: Comparisons, everybody: Comparisons) -> Document:
    """FNMR of `judged` at the thresholds that give each FMR over everybody, for the levels that the pairs can show."""
    found: Document = {"genuine_pairs": len(judged.genuine), "impostor_pairs": len(judged.impostor)}
    shown = [level for level in LEVELS if level * len(everybody.impostor) >= 1 and len(judged.genuine)]
    rates, bounds, false_matches, false_bounds = {}, {}, {}, {}
    for level in shown:
        name, threshold = f"{level:.0e}".replace("e-0", "e-"), everybody.threshold_at(level)
        missed, matched = judged.fnmr(threshold), judged.fmr(threshold)
        rates[name] = round(missed, 4)
        bounds[name] = round(upper_bound(round(missed * len(judged.genuine)), len(judged.genuine)), 4)
        false_matches[name] = matched
        false_bounds[name] = upper_bound(round(matched * len(judged.impostor)), len(judged.impostor))
    return found | {
        "fnmr_at_fmr": rates,
        "fnmr_upper95": bounds,
        "fmr": false_matches,
        "fmr_upper95": false_bounds,
    }


def _identification(vectors: NDArray[np.float32], owners: Sequence[str]) -> list[Document]:
    rows = []
    for size in _SIZES:
        for enrol, probe in ((1, 1), (1, 3), (3, 1), (3, 3)):
            try:
                rates = fnir(vectors, owners, OpenSet(size, enrol, probe, _FPIR, _GALLERIES), _SEED)
            except SampleTooSmallError:
                continue  # the data hold too few people with so many photos
            rows.append(
                {"n": size, "enrol": enrol, "probe": probe, "fpir": _FPIR, "fnir": round(float(rates.mean()), 4)}
            )
    return rows


def _groups(
    data: Dataset, groups: Mapping[str, str], everybody: Comparisons, match_policy: MatchPolicy | None
) -> Iterator[tuple[str, Document]]:
    """The part of the report for every group: verification at everybody's thresholds, and searches as a kiosk does
    them."""
    for name, mask in members(data, groups).items():
        owners = [data.people[label] for label in data.labels[mask]]
        if len(set(owners)) < 2 or len(set(owners)) == len(owners):
            continue
        own = compare(data.vectors[mask], owners)
        of_person = np.array([groups.get(person) == name for person in data.people])
        yield (
            name,
            {
                "people": len(set(owners)),
                "images": len(owners),
                "verification": _verification(own, everybody),
                "deployed": _deployed(data, of_person, match_policy),
            },
        )


def _deployed(data: Dataset, group: NDArray[np.bool_], match_policy: MatchPolicy | None) -> list[Document]:
    rows: list[Document] = []
    if match_policy is None:
        return rows
    for size in _SIZES:
        for enrol, probe in ((3, 1), (3, 3)):
            tally = deployed(data, group, OpenSet(size, enrol, probe, _FPIR, _GALLERIES), match_policy, _SEED)
            if tally is None:
                continue
            rows.append(
                {
                    "n": size,
                    "enrol": enrol,
                    "probe": probe,
                    "threshold": round(match_policy.acceptance(size).threshold, 4),
                    "fnir": round(tally.missed / tally.mated, 4),
                    "fpir": round(tally.accepted / tally.strangers, 4),
                    "fpir_upper95": round(upper_bound(tally.accepted, tally.strangers), 4),
                    "strangers": tally.strangers,
                }
            )
    return rows
