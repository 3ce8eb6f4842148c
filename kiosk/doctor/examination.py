"""`kiosk doctor`: every check of a kiosk, made from its settings alone."""

import time
from collections.abc import Callable
from typing import Final

from camera import Frame, about, read_controls
from kiosk.app import parts
from kiosk.app.startup import check_camera
from kiosk.checks import device, network, sensors
from kiosk.checks.check import CheckResult, checked
from kiosk.doctor.selfcheck import self_check
from kiosk.position.gpsd import GpsdClient
from kiosk.position.place import Fix
from kiosk.recognition.sideways import best_rotation
from kiosk.runtime.errors import KioskError
from kiosk.screen import Phrase
from kiosk.settings import Settings
from models.assets import AssetStore
from models.detector import FaceDetector
from sync.ledger import Ledger

_LOOK_S: Final = 1.5
_FIX_S: Final = 5.0
_POLL_S: Final = 0.25


class NoFrameError(KioskError):
    """The camera gave no picture."""


def examine(settings: Settings) -> list[CheckResult]:
    """Runs every check and returns the results. It takes half a minute at most.

    The camera is not opened while the daemon runs, which has it.
    """
    with parts.ledger(settings) as held:
        clock = parts.clock(settings, held.last_at)
        runs = in_charge(held, clock.boot_id)
    looks: dict[str, Callable[[], CheckResult]] = {
        "camera": lambda: _camera(settings, runs=runs),
        "light": lambda: sensors.light(read_controls(settings.camera.url)),
        "place": lambda: sensors.place(_fix(settings), settings.site.site()),
        "clock": lambda: sensors.clock(clock.moment().found),
        "broker": lambda: network.broker(settings.broker, parts.topics(settings)),
        "disk": lambda: device.disk(parts.disk_space(settings), may_vanish=settings.kiosk.data_may_vanish),
        "models": lambda: _models(settings),
        "keys": lambda: device.keys(settings.agency, settings.kiosk.data_dir),
        "ledger": lambda: _with_ledger(settings, device.ledger),
        "unsent": lambda: _with_ledger(settings, lambda held: device.unsent(held, clock.moment().at)),
        "screen": lambda: network.page(settings.screen, runs=runs),
        "sound": lambda: device.sound(settings.kiosk.data_dir),
    }
    return [checked(what, look) for what, look in looks.items()]


def in_charge(held: Ledger, boot_id: str) -> bool:
    """Returns whether a daemon has started in this boot and no event says that it stopped."""
    started, stopped = held.last_event("started"), held.last_event("stopped")
    if started is None or started.clock.boot_id != boot_id:
        return False
    return stopped is None or stopped.seq < started.seq


def _with_ledger(settings: Settings, look: Callable[[Ledger], CheckResult]) -> CheckResult:
    with parts.ledger(settings) as held:
        return look(held)


def _camera(settings: Settings, *, runs: bool) -> CheckResult:
    if runs:
        return CheckResult("camera", "ok", Phrase("doctor_camera_used"))
    check_camera(about(settings.camera.url), demo=settings.camera.demo)
    detector = FaceDetector()
    with parts.camera(settings) as camera:
        first = last = _frame(camera.read())
        while last.at_s - first.at_s < _LOOK_S and (frame := camera.read()) is not None:
            last = frame
        further = best_rotation(detector, last.image)
    return sensors.camera(first, last, settings.camera.orientation(), further)


def _frame(read: Frame | None) -> Frame:
    if read is None:
        raise NoFrameError("the source holds no picture: check camera.url")
    return read


def _fix(settings: Settings) -> Fix | None:
    """Returns the receiver's position, after waiting up to five seconds for it."""
    client = GpsdClient(settings.gpsd.host, settings.gpsd.port, lambda _: None)
    until_s = time.monotonic() + _FIX_S
    try:
        while (fix := client.poll()) is None and time.monotonic() < until_s:
            time.sleep(_POLL_S)
    finally:
        client.close()
    return fix


def _models(settings: Settings) -> CheckResult:
    store = AssetStore(settings.recognition.models_dir)
    found = device.models(store, parts.embedder(settings))
    if found.state != "fail":
        with parts.pipeline(settings) as pipeline:
            self_check(pipeline, store)
    return found
