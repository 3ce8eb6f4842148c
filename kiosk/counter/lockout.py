"""Wrong PINs: how long a person's PIN is locked, and how long nobody at the kiosk may give one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LOCK_AFTER: Final = 5
LOCK_S: Final = 15 * 60.0
PAUSE_AFTER: Final = 10
PAUSE_WITHIN_S: Final = 5 * 60.0
PAUSE_S: Final = 60.0

_NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class PinAttempt:
    """A PIN that was checked. `at_s` is in seconds since the boot, negative for earlier ones. `person` is None, or no
    person's id, for a NIP that is nobody's."""

    at_s: float
    person: str | None
    right: bool


def locked_until_s(attempts: Sequence[PinAttempt], person: str) -> float:
    """When a person's PIN is looked at again: a quarter of an hour after the last of five wrong ones in a row."""
    wrong, until_s = 0, _NEVER
    for attempt in attempts:
        if attempt.person != person:
            continue
        wrong = 0 if attempt.right else wrong + 1
        if attempt.right:
            until_s = _NEVER  # while it is locked, only a new PIN is right
        if wrong == LOCK_AFTER:
            wrong, until_s = 0, attempt.at_s + LOCK_S
    return until_s


def paused_until_s(attempts: Sequence[PinAttempt]) -> float:
    """When PINs are looked at again at all: a minute after the last wrong one of ten or more in five minutes."""
    wrong_s = [attempt.at_s for attempt in attempts if not attempt.right][-PAUSE_AFTER:]
    if len(wrong_s) < PAUSE_AFTER or wrong_s[-1] - wrong_s[0] > PAUSE_WITHIN_S:
        return _NEVER
    return wrong_s[-1] + PAUSE_S
