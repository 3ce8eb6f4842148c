"""What each kind of fault does when it begins and when it ends."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from kiosk.app import parts
from sync.contract.topics import Topics
from sync.errors import StoreRetryable
from tests.whole_day.chaos import disk
from tests.whole_day.chaos.plan import KINDS
from tests.whole_day.chaos.replay import publish
from tests.whole_day.chaos.scene import Scene

_STEPS_S: Final = (-172_800, -86_400, -5_400, -90, -4, 4, 90, 5_400, 86_400, 172_800)
_LATEST: Final = 60
"""Entries that are published once more."""


class Faults:
    """Strikes a scene. Moments and kinds come from the plan, details from a random source of its own."""

    def __init__(self, scene: Scene) -> None:
        self.struck: Counter[str] = Counter()
        self._scene = scene
        self._chance = random.Random(scene.seed)
        self._gps_runs = True
        self._begins, self._ends = self._how_they_begin(), self._how_they_end()

    def begin(self, kind: str) -> None:
        """Let a fault happen, and count it when it did."""
        self.struck[kind] += self._begins[kind]() is not False

    def end(self, kind: str) -> None:
        """Let it be over."""
        if kind in self._ends:
            self._ends[kind]()

    def _how_they_begin(self) -> dict[str, Callable[[], object]]:
        scene, data = self._scene, self._scene.settings.kiosk.data_dir
        return {
            "daemon_killed": scene.daemon.kill,
            "power_cut_overnight": self._power_cut,
            "receiver_killed": scene.receiver.kill,
            "broker_killed": scene.office.broker.kill,
            "broker_restarted": scene.office.broker.stop,
            "broker_hangs": scene.office.broker.pause,
            "kiosk_link_cut": scene.kiosk_link.cut,
            "kiosk_link_half_open": scene.kiosk_link.half_open,
            "kiosk_link_slow": scene.kiosk_link.slow,
            "centre_link_cut": scene.centre_link.cut,
            "centre_link_half_open": scene.centre_link.half_open,
            "centre_link_slow": scene.centre_link.slow,
            "duplicated": lambda: self._replay(shuffled=False),
            "reordered": lambda: self._replay(shuffled=True),
            "disk_full": lambda: disk.fill(data),
            "clock_stepped": lambda: self._set_clock(step_s=self._chance.choice(_STEPS_S)),
            "gpsd_gone": self._lose_gps,
            "camera_gone": scene.bench.unplugged.touch,
            "appender_killed": scene.appender.kill,
        }

    def _how_they_end(self) -> dict[str, Callable[[], object]]:
        scene, data = self._scene, self._scene.settings.kiosk.data_dir
        networks = {"kiosk_link": scene.kiosk_link.mend, "centre_link": scene.centre_link.mend}
        return {
            "daemon_killed": scene.daemon.start,
            "power_cut_overnight": self._power_back,
            "receiver_killed": scene.receiver.start,
            "broker_killed": scene.office.broker.start,
            "broker_restarted": scene.office.broker.start,
            "broker_hangs": scene.office.broker.resume,
            "disk_full": lambda: disk.empty(data),
            "clock_stepped": lambda: self._set_clock(step_s=0),
            "gpsd_gone": self._find_gps,
            "camera_gone": scene.bench.unplugged.unlink,
            "appender_killed": scene.appender.start,
            **{kind: networks[KINDS[kind].target] for kind in KINDS if KINDS[kind].target in networks},
        }

    def _power_cut(self) -> None:
        """The power fails in the evening, and it is the next day when it comes back."""
        self._scene.daemon.kill()
        self._scene.appender.kill()
        self._set_clock(days=1)
        if self._gps_runs:
            self._scene.office.gps.stop()
            self._find_gps()

    def _power_back(self) -> None:
        self._scene.daemon.start()
        self._scene.appender.start()

    def _set_clock(self, days: int = 0, step_s: float | None = None) -> None:
        """So many days later, and so far beside the right time; as far as before if that is None."""
        ahead, step = self._scene.bench.clock()
        self._scene.bench.set_clock(ahead.days + days, step.total_seconds() if step_s is None else step_s)

    def _lose_gps(self) -> None:
        self._gps_runs = False
        self._scene.office.gps.stop()

    def _find_gps(self) -> None:
        self._gps_runs = True
        self._scene.office.gps.start(self._ahead)

    @property
    def _ahead(self) -> timedelta:
        return self._scene.bench.clock()[0]

    def _replay(self, *, shuffled: bool) -> bool:
        """Publish the latest entries once more, twice each; False when the broker or the ledger cannot be used now."""
        device = self._scene.settings.kiosk
        try:
            with parts.ledger(self._scene.settings) as ledger:
                payloads = [stored.payload for stored in ledger.stored(ledger.counts().last_seq - _LATEST)] * 2
        except StoreRetryable:
            return False
        if shuffled:
            self._chance.shuffle(payloads)
        topic = Topics(device.topic_root, device.unit, device.id).entry
        return publish(self._scene.office.broker, topic, payloads)
