"""The checks that ask nothing of the person, each on the same track; all of them must pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from models.liveness.continuity import continuity
from models.liveness.finding import Check, Finding
from models.liveness.life import life
from models.liveness.parallax import passing_by
from models.liveness.screen import screen
from models.liveness.surroundings import surroundings
from models.liveness.track import Track


def passive_checks(same_person: float) -> Mapping[Check, Callable[[Track], Finding]]:
    """The passive checks by name; two templates of one person are at least `same_person` alike."""
    return {
        Check.PARALLAX: passing_by,
        Check.LIFE: life,
        Check.SURROUNDINGS: surroundings,
        Check.SCREEN: screen,
        Check.CONTINUITY: lambda track: continuity(track, same_person),
    }


def examine(track: Track, same_person: float) -> list[Finding]:
    """What every passive check says of a track of at least a second and a half."""
    return [check(track) for check in passive_checks(same_person).values()]


ROOM_SEEN = 0.725
"""From this score of the surroundings on, something around the face was seen to stay: not one of 302 prints got there,
and three in four walk-ups."""


def sure(findings: list[Finding]) -> bool:
    """Whether what the passive checks found needs no challenge beside: all passed, and the room was seen behind."""
    seen = any(found.check is Check.SURROUNDINGS and found.score >= ROOM_SEEN for found in findings)
    return seen and all(found.passed for found in findings)
