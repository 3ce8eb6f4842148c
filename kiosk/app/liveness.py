"""How each face that comes to the kiosk is asked to show that a person is there."""

from collections.abc import Callable
from random import Random
from typing import Final

from kiosk.recognition.liveness import Examine, Level, LivenessSession
from kiosk.settings import Settings
from models.assets import AssetStore
from models.liveness.challenge import Challenge, drawn
from models.liveness.finding import Finding
from models.liveness.network import LivenessNetworks
from models.liveness.passive import examine
from models.liveness.track import Track
from sync.documents.policy import Policy

_LONGEST_DELAY_S: Final = 0.5


def level(settings: Settings, policy: Callable[[], Policy | None]) -> Callable[[], Level]:
    """How much of liveness is asked for when it is asked: as the agency's policy says, else the settings."""

    def now() -> Level:
        found = policy()
        return settings.liveness.level if found is None or found.liveness is None else found.liveness

    return now


def networks(settings: Settings) -> LivenessNetworks | None:
    """The networks that are asked too; None where the settings want none. AssetMissingError when one is missing."""
    chosen = settings.recognition
    return LivenessNetworks.load(AssetStore(chosen.models_dir), chosen.threads) if settings.liveness.network else None


def examiner(same_person: float, network: LivenessNetworks | None) -> Examine:
    """The passive checks, and that of `network` where there is one."""

    def look(track: Track) -> list[Finding]:
        found = examine(track, same_person)
        return found if network is None else [*found, network.examine(track)]

    return look


def prover(
    level: Callable[[], Level], same_person: float, random: Random, network: LivenessNetworks | None = None
) -> Callable[[], LivenessSession]:
    """What makes sure of one face after another that a person is there; what it asks of them comes from `random`.

    `network` is one check more, for liveness samples that have crops.
    """
    look = examiner(same_person, network)

    def challenge() -> Challenge:
        return Challenge(drawn(random), delay_s=random.uniform(0, _LONGEST_DELAY_S))

    return lambda: LivenessSession(level(), look, challenge)


def repeatable(seed: int | str) -> Random:
    """What draws the same challenges every time, for measuring. People must not be able to foresee theirs."""
    return Random(seed)  # noqa: S311
