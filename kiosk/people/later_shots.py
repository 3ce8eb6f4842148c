"""Shots taken at visits after the enrolment: which visits may give one, and the template that comes of them. Pure.

A later shot must match the shots of the enrolment, never another later one: no chain of shots leads away from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from models.calibration import Acceptance
from models.gallery import Identity, Vector, unit

MOST_LATER: Final = 5
"""Later shots of a person. One more takes the place of the oldest."""

_WHEN_FULL: Final = timedelta(days=7)
"""A full set is renewed once a week, so that it spans weeks and the ledger does not fill with events."""


@dataclass(frozen=True, slots=True)
class LaterShot:
    """The mean of a visit's good frames as a unit vector (d,), the visit's local date, and its cosine with the template
    of the enrolment."""

    vector: Vector
    day: date
    score: float


def may_add(
    found: Identity, score: float, day: date, enrolled_on: date, later: Sequence[LaterShot], acceptance: Acceptance
) -> bool:
    """Whether a visit of `day` may give the person who was `found` a later shot.

    `score` is the visit's cosine with the template of the enrolment. It must lie above the threshold by the wide
    margin, over which the false match rate falls to a thirtieth, and so must the lead over the next person.
    """
    days = {enrolled_on, *(shot.day for shot in later)}
    if day in days or day < enrolled_on:
        return False
    if len(later) >= MOST_LATER and day - max(days) < _WHEN_FULL:
        return False
    leads = found.margin is None or found.margin >= acceptance.wide_margin
    return leads and score >= acceptance.threshold + acceptance.wide_margin


def kept_up(enrolled: Vector, later: Sequence[LaterShot], threshold: float) -> Vector:
    """The template of a person: half the template of the enrolment, half the mean of the later shots.

    A later shot whose cosine with the template of the enrolment is below `threshold` does not count.
    """
    matching = [shot.vector for shot in later if float(enrolled @ shot.vector) >= threshold]
    return unit(enrolled + unit(np.sum(matching, axis=0))) if matching else enrolled
