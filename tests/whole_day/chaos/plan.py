"""Which fault begins when, and how long it lasts: a pure function of the seed."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

_NEXT_S: Final = (1.5, 6.0)
"""Seconds from the beginning of one fault to that of the next; faults of different targets overlap."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what it strikes, how often beside the others, and the seconds that it lasts."""

    target: str
    weight: int
    least_s: float
    most_s: float


KINDS: Final = {
    "daemon_killed": Kind("daemon", 6, 0.0, 1.0),
    "power_cut_overnight": Kind("daemon", 5, 0.0, 1.0),
    "receiver_killed": Kind("receiver", 5, 0.0, 4.0),
    "broker_killed": Kind("broker", 4, 0.0, 4.0),
    "broker_restarted": Kind("broker", 2, 0.0, 4.0),
    "broker_hangs": Kind("broker", 2, 1.0, 8.0),
    "kiosk_link_cut": Kind("kiosk_link", 3, 0.0, 4.0),
    "kiosk_link_half_open": Kind("kiosk_link", 3, 3.0, 12.0),
    "kiosk_link_slow": Kind("kiosk_link", 2, 3.0, 10.0),
    "centre_link_cut": Kind("centre_link", 3, 0.0, 4.0),
    "centre_link_half_open": Kind("centre_link", 3, 3.0, 12.0),
    "centre_link_slow": Kind("centre_link", 2, 3.0, 10.0),
    "duplicated": Kind("replay", 3, 0.0, 0.0),
    "reordered": Kind("replay", 3, 0.0, 0.0),
    "disk_full": Kind("disk", 3, 2.0, 6.0),
    "clock_stepped": Kind("clock", 4, 3.0, 15.0),
    "gpsd_gone": Kind("gpsd", 3, 3.0, 15.0),
    "camera_gone": Kind("camera", 3, 6.0, 12.0),
    "appender_killed": Kind("appender", 3, 0.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault of a run: when it begins, in seconds from the run's start, and when it ends."""

    kind: str
    begin_s: float
    end_s: float


def plan(seed: int, seconds: float, without: Collection[str] = ()) -> Iterator[Planned]:
    """The faults of a run in the order they begin, none of the kinds in `without`.

    A target that is struck is left alone until that fault has ended.
    """
    chance = random.Random(seed)
    free_s = {kind.target: 0.0 for name, kind in KINDS.items() if name not in without}
    now_s = chance.uniform(*_NEXT_S)
    while now_s < seconds:
        open_to = [name for name, kind in KINDS.items() if name not in without and free_s[kind.target] <= now_s]
        name = chance.choices(open_to, [KINDS[name].weight for name in open_to])[0]
        kind = KINDS[name]
        end_s = now_s + chance.uniform(kind.least_s, kind.most_s)
        free_s[kind.target] = end_s
        yield Planned(name, now_s, end_s)
        now_s += chance.uniform(*_NEXT_S)
