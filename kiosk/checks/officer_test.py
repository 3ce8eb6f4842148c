"""The checks that an officer runs at the screen while the daemon works."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from camera import Frame, Orientation, Rotation
from kiosk.checks import device, sensors
from kiosk.checks.check import CheckResult, checked
from kiosk.clock.clock import SystemClock
from kiosk.position.place import Fix, Site
from kiosk.recognition.vision_jobs import NotDoneError, VisionContext, VisionJobs
from kiosk.screen import Phrase, Words
from kiosk.storage.disk import DiskSpace
from kiosk.web import messages
from sync.ledger import Ledger
from sync.mqtt.uplink import Uplink

_APART_S: Final = 1.0
"""The time between the two frames that the camera is checked by."""

_WAIT_S: Final = 1.5
"""How long the vision thread may take to answer."""


@dataclass(frozen=True, slots=True)
class OfficerTest:
    """Checks the parts of a running daemon. Any thread may call it; it takes four seconds at most.

    `fix` returns the receiver's newest position, which counts as none when it is older than `fix_age_s`.
    """

    jobs: VisionJobs
    uplink: Uplink
    ledger: Ledger
    clock: SystemClock
    room: DiskSpace
    broker: str
    fix: Callable[[], Fix | None]
    fix_age_s: float
    site: Callable[[], Site]
    words: Words
    orientation: Orientation

    def __call__(self, what: messages.TestName) -> messages.Checks:
        """Runs one check, or all, and returns the results for the page."""
        looks = self._looks()
        chosen = looks if what == "all" else {what: looks[what]}
        found = [checked(name, look) for name, look in chosen.items()]
        checks = (messages.CheckMessage(what=c.what, ok=c.state == "ok", text=self.words.say(c.line)) for c in found)
        return messages.Checks(checks=tuple(checks))

    def _looks(self) -> Mapping[str, Callable[[], CheckResult]]:
        return {
            "camera": self._camera,
            "place": self._place,
            "clock": lambda: sensors.clock(self.clock.moment().found),
            "broker": self._broker,
            "disk": lambda: device.disk(self.room, may_vanish=True),
            "unsent": lambda: device.unsent(self.ledger, self.clock.moment().at),
            "sound": lambda: device.sound(self.room.folder),
        }

    def _camera(self) -> CheckResult:
        try:
            first = self.jobs.run(_newest, _WAIT_S)
            time.sleep(_APART_S)
            last = self.jobs.run(_newest, _WAIT_S)
        except NotDoneError:
            return CheckResult("camera", "fail", Phrase("enrol_not_now"))
        if first is None or last is None:
            return CheckResult("camera", "fail", Phrase("doctor_camera_still"))
        (before, _), (newest, further) = first, last
        return sensors.camera(before, newest, self.orientation, further)

    def _place(self) -> CheckResult:
        fix = self.fix()
        old = fix is not None and self.clock.monotonic() - fix.at_s > self.fix_age_s
        return sensors.place(None if old else fix, self.site())

    def _broker(self) -> CheckResult:
        state = self.uplink.state
        if state.phase == "online":
            return CheckResult("broker", "ok", Phrase("doctor_broker_ok", broker=self.broker))
        return CheckResult(
            "broker", "fail", Phrase("doctor_broker_bad", broker=self.broker, reason=state.reason or state.phase)
        )


def _newest(context: VisionContext) -> tuple[Frame, Rotation | None] | None:
    """The newest frame, and how it would have to be turned."""
    frame = context.frame
    return None if frame is None else (frame, context.pipeline.best_rotation(frame.image))
