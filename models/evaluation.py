"""Error rates of an embedder, from its vectors: verification (1:1) and open-set identification (1:N).

Terms and error rates are those of ISO/IEC 19795-1: FMR, FNMR, FPIR, FNIR. A comparison matches when its score is above
the threshold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from models.errors import SampleTooSmallError
from models.gallery import Vector, unit

Scores = NDArray[np.float32]
_BLOCK = 1024
_DRAWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Scores of all pairs of pictures, ascending: `genuine` of one person, `impostor` of two people."""

    genuine: Scores
    impostor: Scores

    def threshold_at(self, fmr: float) -> float:
        """The lowest threshold above which at most a share `fmr` of the impostor scores lies."""
        allowed = int(fmr * len(self.impostor))
        return float(self.impostor[len(self.impostor) - 1 - allowed])

    def fmr(self, threshold: float) -> float:
        """Share of impostor scores above the threshold."""
        above = len(self.impostor) - int(np.searchsorted(self.impostor, threshold, side="right"))
        return above / len(self.impostor)

    def fnmr(self, threshold: float) -> float:
        """Share of genuine scores not above the threshold."""
        return float(np.searchsorted(self.genuine, threshold, side="right")) / len(self.genuine)

    def fnmr_at(self, fmr: float) -> float:
        """FNMR at the threshold that gives this FMR."""
        return self.fnmr(self.threshold_at(fmr))


def upper_bound(errors: int, trials: int) -> float:
    """The one-sided 95 % upper bound of an error rate.

    The rule of three, 3 / n, where no error was seen (Hanley 1983); else Wilson's score bound with z = 1.645.
    """
    if errors == 0:
        return min(3 / trials, 1.0)
    z, p = 1.645, errors / trials
    spread = z * np.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    return min(float((p + z * z / (2 * trials) + spread) / (1 + z * z / trials)), 1.0)


def upper_bound_by_person(errors: NDArray[np.int64], trials: NDArray[np.int64]) -> float:
    """The one-sided 95 % upper bound of an error rate whose trials are of few people, and so not independent.

    `errors` and `trials` (n,) count those of each person. People are drawn anew with replacement (bootstrap, Efron
    1979); the rule of three over people where no error was seen.
    """
    if not errors.any():
        return min(3 / len(trials), 1.0)
    drawn = np.random.default_rng(0).multinomial(len(trials), np.full(len(trials), 1 / len(trials)), _DRAWS)
    return float(np.quantile((drawn @ errors) / np.maximum(drawn @ trials, 1), 0.95))


def exact_upper_bound(errors: int, trials: int) -> float:
    """The exact one-sided 95 % upper bound of an error rate, for few trials (Clopper and Pearson 1934).

    It is the rate at which so few errors have a chance of 5 %, found by bisection.
    """
    if errors == trials:
        return 1.0
    counts = range(errors + 1)
    ways = np.array([lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) for k in counts])
    low, high = errors / trials, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        chance = np.exp(
            ways + np.arange(errors + 1) * np.log(rate) + (trials - np.arange(errors + 1)) * np.log1p(-rate)
        )
        low, high = (rate, high) if chance.sum() > 0.05 else (low, rate)
    return high


def compare(vectors: NDArray[np.float32], people: Sequence[str]) -> Comparisons:
    """Compare every picture with every other. `vectors` (n, d) are unit vectors, `people` (n) who each shows."""
    _, owner = np.unique(np.asarray(people), return_inverse=True)
    genuine, impostor = [], []
    for begin in range(0, len(vectors), _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, len(vectors)))
        scores = vectors[rows] @ vectors.T
        later = np.arange(len(vectors)) > rows[:, None]
        same = owner[rows][:, None] == owner
        genuine.append(scores[later & same])
        impostor.append(scores[later & ~same])
    return Comparisons(np.sort(np.concatenate(genuine)), np.sort(np.concatenate(impostor)))


def genuine_by_person(vectors: NDArray[np.float32], people: Sequence[str]) -> list[Scores]:
    """The genuine scores of `compare`, of each person with two pictures or more."""
    _, owner = np.unique(np.asarray(people), return_inverse=True)
    pictures = [vectors[owner == number] for number in range(owner.max(initial=-1) + 1)]
    return [(own @ own.T)[np.triu_indices(len(own), 1)] for own in pictures if len(own) > 1]


def pairs(people: Sequence[str], folds: int, per_fold: int, seed: int) -> Iterator[tuple[Scores, Scores]]:
    """Random pairs of pictures for every fold: index pairs (per_fold, 2) of one person, and as many of two people.

    The pairs are drawn as for LFW (Huang et al. 2007). Nobody is in two folds. A genuine pair is a random person, then
    two of their pictures; an impostor pair is two random people, then a picture of each. Raises SampleTooSmallError
    when a fold has fewer than two people, or nobody with two pictures.
    """
    random = np.random.default_rng(seed)
    names, owner = np.unique(np.asarray(people), return_inverse=True)
    pictures = [np.flatnonzero(owner == number) for number in range(len(names))]
    for members in np.array_split(random.permutation(len(names)), folds):
        several = [number for number in members if len(pictures[number]) > 1]
        if len(members) < 2 or not several:
            able = sum(len(own) > 1 for own in pictures)
            raise SampleTooSmallError(
                f"too few photos: {able} of {len(names)} people have two or more, but each of {folds} parts of "
                "the people needs two people and somebody with two photos; give more"
            )
        same = [random.choice(pictures[random.choice(several)], 2, replace=False) for _ in range(per_fold)]
        two = [random.choice(members, 2, replace=False) for _ in range(per_fold)]
        yield np.array(same), np.array([[random.choice(pictures[number]) for number in pair] for pair in two])


def accuracy(folds: Sequence[tuple[Scores, Scores]]) -> float:
    """Mean accuracy over folds of (genuine, impostor) scores, each judged by the best threshold of the others."""
    shares = []
    for number, (genuine, impostor) in enumerate(folds):
        others = [fold for other, fold in enumerate(folds) if other != number]
        threshold = _best_threshold(*(np.concatenate(scores) for scores in zip(*others, strict=True)))
        right = (genuine > threshold).sum() + (impostor <= threshold).sum()
        shares.append(right / (len(genuine) + len(impostor)))
    return float(np.mean(shares))


def _best_threshold(genuine: Scores, impostor: Scores) -> float:
    candidates = np.sort(np.concatenate([genuine, impostor]))
    right = len(genuine) - np.searchsorted(np.sort(genuine), candidates, side="right")
    right = right + np.searchsorted(np.sort(impostor), candidates, side="right")
    best = int(right.argmax())
    return float(candidates[best : best + 2].mean())


@dataclass(frozen=True, slots=True)
class OpenSet:
    """One kind of identification trial, done `trials` times.

    The gallery holds `size` people, enrolled from `enrol` pictures each. A probe is the mean of up to `probe` pictures.
    `fpir` is the share of strangers that the threshold lets in.
    """

    size: int
    enrol: int
    probe: int
    fpir: float
    trials: int


def fnir(vectors: NDArray[np.float32], people: Sequence[str], wanted: OpenSet, seed: int) -> NDArray[np.float64]:
    """FNIR of every trial (trials,), each with a gallery drawn at random from unit vectors (n, d).

    Gallery members are drawn from the people with more than `enrol` pictures. The threshold lets a share `fpir` of all
    other people in. Each member is searched once, and missed when another is nearer or the score is not above the
    threshold. The mean of a person's pictures is scaled to a unit vector.
    Raises SampleTooSmallError when there are not enough people.
    """
    random = np.random.default_rng(seed)
    names, owner = np.unique(np.asarray(people), return_inverse=True)
    pictures = [np.flatnonzero(owner == number) for number in range(len(names))]
    able = np.array([number for number, own in enumerate(pictures) if len(own) > wanted.enrol])
    if len(able) < wanted.size or len(names) == wanted.size:
        raise SampleTooSmallError(
            f"a gallery of {wanted.size} needs more people with {wanted.enrol + 1} pictures than {len(able)}"
        )
    return np.array([_trial(vectors, pictures, able, wanted, random) for _ in range(wanted.trials)])


def _trial(
    vectors: NDArray[np.float32],
    pictures: Sequence[NDArray[np.int64]],
    able: NDArray[np.int64],
    wanted: OpenSet,
    random: np.random.Generator,
) -> float:
    members = random.choice(able, wanted.size, replace=False)
    orders = [random.permutation(pictures[number]) for number in members]
    gallery = np.stack([_mean(vectors[order[: wanted.enrol]]) for order in orders])
    probes = np.stack([_mean(vectors[order[wanted.enrol :][: wanted.probe]]) for order in orders])
    others = np.setdiff1d(np.arange(len(pictures)), members)
    strangers = np.stack([_mean(vectors[random.permutation(pictures[number])[: wanted.probe]]) for number in others])
    nearest = np.sort((strangers @ gallery.T).max(axis=1))
    threshold = nearest[len(nearest) - 1 - int(wanted.fpir * len(nearest))]
    scores = probes @ gallery.T
    found = (scores.argmax(axis=1) == np.arange(wanted.size)) & (scores.max(axis=1) > threshold)
    return 1 - float(found.mean())


def _mean(vectors: NDArray[np.float32]) -> Vector:
    return unit(vectors.mean(axis=0))
