"""What a check of liveness found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """The independent checks; all that a level asks for must pass."""

    PARALLAX = "parallax"
    LIFE = "life"
    SURROUNDINGS = "surroundings"
    SCREEN = "screen"
    CONTINUITY = "continuity"
    NETWORK = "network"
    CHALLENGE = "challenge"


class Suspicion(StrEnum):
    """Why a check has not passed."""

    TOO_SHORT = "too_short"
    """There was too little to look at: the check could not be made."""
    FLAT = "flat"
    LIFELESS = "lifeless"
    CARRIED = "carried"
    """What is around the face moves with it."""
    SCREEN = "screen"
    STATIC = "static"
    CUT = "cut"
    LOOP = "loop"
    PICTURE = "picture"
    """To a network the face looks like one on paper or on a screen."""
    OTHER_FACE = "other_face"
    SECOND_FACE = "second_face"
    NOT_DONE = "not_done"
    """Nothing of what was asked for was done in time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's word on one track: `score` 0 to 1, 0 when it could not be made; `reason` when it has not passed."""

    check: Check
    score: float
    threshold: float
    reason: Suspicion | None

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against a living person."""
        return self.reason is None


THRESHOLD = 0.5
"""Every score is laid out so that its check's limit scores a half."""


def at_least(check: Check, value: float, limit: float, reason: Suspicion) -> Finding:
    """A measure that a living person's must reach: 0 scores 0, the limit a half, and 1 is far beyond it."""
    score = value / (value + limit)
    return Finding(check, score, THRESHOLD, None if score >= THRESHOLD else reason)


def at_most(check: Check, value: float, limit: float, reason: Suspicion) -> Finding:
    """A measure that a living person's must not exceed: 0 scores 1, the limit a half."""
    score = limit / (value + limit)
    return Finding(check, score, THRESHOLD, None if score >= THRESHOLD else reason)


def not_made(check: Check) -> Finding:
    """What could not be looked at has not passed."""
    return Finding(check, 0.0, THRESHOLD, Suspicion.TOO_SHORT)


def worst(findings: list[Finding]) -> Finding:
    """The one that speaks most against a living person; the first of equals."""
    return min(findings, key=lambda finding: finding.score)
