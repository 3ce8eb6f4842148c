"""The report of an evaluation: the document that `kiosk evaluate --json` writes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kiosk.lab.evaluation.dataset import Dataset, members
from kiosk.people import EnrolledPerson, MatchPolicy, enrolled_gallery
from kiosk.runtime.errors import UsageError
from models.errors import SampleTooSmallError
from models.evaluation import (
    Comparisons,
    OpenSet,
    Scores,
    accuracy,
    compare,
    fnir,
    genuine_by_person,
    pairs,
    upper_bound,
    upper_bound_by_person,
)
from models.gallery import unit


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts of searches, each (people,): `mated` for people in the gallery and how many were `missed`, `strangers` and
    how many were `accepted`."""

    mated: NDArray[np.int64]
    missed: NDArray[np.int64]
    strangers: NDArray[np.int64]
    accepted: NDArray[np.int64]

    @classmethod
    def of(cls, people: int) -> Self:
        """Nothing counted yet."""
        return cls(*np.zeros((4, people), np.int64))


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
    total = Tally.of(len(data.people))
    for _ in range(wanted.trials):
        inside = random.permutation(able[group[able]])
        inside = inside[: min((len(inside) + 1) // 2, wanted.size)]
        fill = random.permutation(able[~group[able]])[: wanted.size - len(inside)]
        orders = {int(person): random.permutation(photos[person]) for person in (*inside, *fill)}
        outside = {int(person): photos[person] for person in np.setdiff1d(np.flatnonzero(group), inside)}
        _count(total, data.vectors, orders, len(inside), outside, wanted, match_policy)
    return total


def _count(
    tally: Tally,
    vectors: NDArray[np.float32],
    orders: Mapping[int, NDArray[np.int64]],
    mated: int,
    outside: Mapping[int, NDArray[np.int64]],
    wanted: OpenSet,
    match_policy: MatchPolicy,
) -> None:
    """Count the errors of one gallery of the people in `orders`.

    Its probes are of the first `mated` of them, and of everybody in `outside`.
    """
    enrolled = {str(person): EnrolledPerson("", tuple(vectors[own[: wanted.enrol]])) for person, own in orders.items()}
    gallery = enrolled_gallery(enrolled, match_policy)
    for person, own in list(orders.items())[:mated]:
        found = gallery.identify(unit(vectors[own[wanted.enrol :][: wanted.probe]].sum(axis=0)))
        tally.mated[person] += 1
        tally.missed[person] += (
            found.verdict != "accepted" or found.nearest is None or found.nearest.person != str(person)
        )
    for person, own in outside.items():
        for start in range(0, len(own), wanted.probe):
            probe = unit(vectors[own[start : start + wanted.probe]].sum(axis=0))
            tally.strangers[person] += 1
            tally.accepted[person] += gallery.identify(probe).verdict == "accepted"


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
        "verification": {
            "accuracy": _accuracy(data, owners),
            **_verification(everybody, everybody, genuine_by_person(data.vectors, owners)),
        },
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


def _verification(judged: Comparisons, everybody: Comparisons, genuine: Sequence[Scores]) -> Document:
    """FNMR of `judged` at the thresholds that give each FMR over everybody, for the levels that the pairs can show.

    `genuine` are the genuine scores of `judged`, by person.
    """
    found: Document = {"genuine_pairs": len(judged.genuine), "impostor_pairs": len(judged.impostor)}
    shown = [level for level in LEVELS if level * len(everybody.impostor) >= 1 and len(judged.genuine)]
    rates, bounds, false_matches, false_bounds = {}, {}, {}, {}
    pairs_of, by_person = np.array([len(own) for own in genuine]), {}
    for level in shown:
        name, threshold = f"{level:.0e}".replace("e-0", "e-"), everybody.threshold_at(level)
        missed, matched = judged.fnmr(threshold), judged.fmr(threshold)
        rates[name] = round(missed, 4)
        bounds[name] = round(upper_bound(round(missed * len(judged.genuine)), len(judged.genuine)), 4)
        missed_of = np.array([(own <= threshold).sum() for own in genuine])
        by_person[name] = round(upper_bound_by_person(missed_of, pairs_of), 4)
        false_matches[name] = matched
        false_bounds[name] = upper_bound(round(matched * len(judged.impostor)), len(judged.impostor))
    return found | {
        "fnmr_at_fmr": rates,
        "fnmr_upper95": bounds,
        "fnmr_upper95_by_person": by_person,
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
                "verification": _verification(own, everybody, genuine_by_person(data.vectors[mask], owners)),
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
            threshold = round(match_policy.acceptance(size).threshold, 4)
            rows.append({"n": size, "enrol": enrol, "probe": probe, "threshold": threshold, **_rates(tally)})
    return rows


def _rates(tally: Tally) -> Document:
    """FNIR and FPIR with their bounds. A person is searched in several galleries: by person they are wider."""
    accepted, strangers = int(tally.accepted.sum()), int(tally.strangers.sum())
    inside, outside = tally.mated > 0, tally.strangers > 0
    by_person = [
        upper_bound_by_person(errors[who], trials[who])
        for errors, trials, who in (
            (tally.missed, tally.mated, inside),
            (tally.accepted, tally.strangers, outside),
        )
    ]
    return {
        "fnir": round(float(tally.missed.sum() / tally.mated.sum()), 4),
        "fnir_upper95_by_person": round(by_person[0], 4),
        "fpir": round(accepted / strangers, 4),
        "fpir_upper95": round(upper_bound(accepted, strangers), 4),
        "fpir_upper95_by_person": round(by_person[1], 4),
        "strangers": strangers,
    }
