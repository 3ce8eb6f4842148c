"""Decides whether the nearest enrolled person is accepted as the person before the kiosk. Pure."""

from collections.abc import Set
from dataclasses import dataclass
from typing import Literal

from models.calibration import Acceptance
from models.gallery import Identity

Pair = frozenset[str]
"""Two people who look alike to the model."""

Verdict = Literal["accepted", "empty_gallery", "threshold", "margin", "look_alike"]
"""What speaks against the nearest person: that nobody is enrolled, the score, the lead over the next one, or that the
next one is a look-alike from whom the lead does not tell them apart."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The nearest person to a probe, and whether it is them."""

    nearest: Identity | None
    verdict: Verdict


def judge(nearest: Identity | None, acceptance: Acceptance, look_alikes: Set[Pair]) -> Judgement:
    """Accept the nearest person, or say what speaks against it."""
    return Judgement(nearest, _verdict(nearest, acceptance, look_alikes))


def _verdict(nearest: Identity | None, acceptance: Acceptance, look_alikes: Set[Pair]) -> Verdict:
    if nearest is None:
        return "empty_gallery"
    if nearest.score < acceptance.threshold:
        return "threshold"
    if nearest.margin is None or nearest.runner_up is None:
        return "accepted"
    if nearest.margin < acceptance.margin:
        return "margin"
    if nearest.margin < acceptance.wide_margin and frozenset({nearest.person, nearest.runner_up}) in look_alikes:
        return "look_alike"
    return "accepted"
