"""How each face that comes to the kiosk is asked to show that a person is there."""

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

from kiosk.rules.liveness import Level
from kiosk.rules.proving import Proving
from kiosk.settings import Settings
from models.liveness.challenge import Challenge, drawn
from models.liveness.passive import examine
from sync.documents.policy import Policy

_LONGEST_DELAY_S: Final = 0.5


def level(settings: Settings, policy: Callable[[], Policy | None]) -> Callable[[], Level]:
    """How much of liveness is asked for when it is asked: as the agency's policy says, else the settings."""

    def now() -> Level:
        found = policy()
        return settings.liveness.level if found is None or found.liveness is None else found.liveness

    return now


def prover(level: Callable[[], Level], same_person: float, random: Random) -> Callable[[], Proving]:
    """What makes sure of one face after another that a person is there; what it asks of them comes from `random`."""

    def challenge() -> Challenge:
        return Challenge(drawn(random), delay_s=random.uniform(0, _LONGEST_DELAY_S))

    return lambda: Proving(level(), partial(examine, same_person=same_person), challenge)


def repeatable(seed: int | str) -> Random:
    """What draws the same challenges every time, for measuring. People must not be able to foresee theirs."""
    return Random(seed)  # noqa: S311
