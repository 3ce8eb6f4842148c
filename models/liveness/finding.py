"""The result of one check of liveness, and how a measure becomes a score."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """The independent checks. All that a level asks for must pass."""

    PARALLAX = "parallax"
    LIFE = "life"
    SURROUNDINGS = "surroundings"
    SCREEN = "screen"
    CONTINUITY = "continuity"
    NETWORK = "network"
    CHALLENGE = "challenge"


class Suspicion(StrEnum):
    """The reason why a check has not passed."""

    TOO_SHORT = "too_short"
    """The track was too short: the check could not be made."""
    FLAT = "flat"
    LIFELESS = "lifeless"
    CARRIED = "carried"
    """The surroundings of the face move with it."""
    SCREEN = "screen"
    STATIC = "static"
    CUT = "cut"
    LOOP = "loop"
    PICTURE = "picture"
    """The networks take the face for one on paper or on a screen."""
    OTHER_FACE = "other_face"
    SECOND_FACE = "second_face"
    NOT_DONE = "not_done"
    """No action that was asked for was done in time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check on one track.

    `score` is 0 to 1, and 0 when the check could not be made. `reason` is None when it has passed.
    """

    check: Check
    score: float
    threshold: float
    reason: Suspicion | None

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against a living person."""
        return self.reason is None


THRESHOLD = 0.5
"""Every measure is scaled so that its limit has this score."""


def at_least(check: Check, value: float, limit: float, reason: Suspicion) -> Finding:
    """The finding of a measure that must reach `limit`. The score is value / (value + limit)."""
    score = value / (value + limit)
    return Finding(check, score, THRESHOLD, None if score >= THRESHOLD else reason)


def at_most(check: Check, value: float, limit: float, reason: Suspicion) -> Finding:
    """The finding of a measure that must not exceed `limit`. The score is limit / (value + limit)."""
    score = limit / (value + limit)
    return Finding(check, score, THRESHOLD, None if score >= THRESHOLD else reason)


def not_made(check: Check) -> Finding:
    """The finding of a check that could not be made. It has not passed."""
    return Finding(check, 0.0, THRESHOLD, Suspicion.TOO_SHORT)


def worst(findings: list[Finding]) -> Finding:
    """The finding with the lowest score, the first of equals."""
    return min(findings, key=lambda finding: finding.score)
