"""What has to be in order before the daemon opens its stores."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from systemd.daemon import notify

from camera import About
from kiosk.errors import UsageError
from kiosk.rules.mounts import VANISHING, file_system_of
from kiosk.screen import Line, Screen
from kiosk.storage.room import Room
from sync.errors import StoreFull

log = logging.getLogger(__name__)
T = TypeVar("T")

_MOUNTS: Final = Path("/proc/self/mountinfo")
_TRY_EVERY_S: Final = 2.0
_MORE_TIME_US: Final = 30_000_000


def check_lasting(folder: Path, *, may_vanish: bool) -> None:
    """Refuse a data directory whose file system forgets. UsageError says what to do."""
    kind = file_system_of(_MOUNTS.read_text("utf-8", "surrogateescape"), folder.resolve())
    if kind not in VANISHING:
        return
    if not may_vanish:
        raise UsageError(
            f"kiosk.data_dir {folder} lies on {kind}, which forgets attendance when the power is cut: put it on a disk "
            "(on a read-only image: on a partition of its own), or set kiosk.data_may_vanish = true to try things out"
        )
    log.warning("%s lies on %s: what is recorded is lost when the power is cut", folder, kind)


def check_camera(about: About, *, demo: bool) -> None:
    """Refuse films and drawn people in the camera's place. UsageError says what to do."""
    if about.source == "camera":
        return
    if not demo:
        raise UsageError(
            f"camera.url is {about.scheme}:, which is no camera: people would be recorded who were not there; name a "
            "camera (docs/cameras.md), or set camera.demo = true to try things out"
        )
    log.warning("%s: is no camera: every record says so", about.scheme)


def when_there_is_room(attempt: Callable[[], T], room: Room, screen: Screen) -> T:
    """What `attempt` gives, as soon as the disk has room for it; until then people are told, and systemd waits."""
    while True:
        try:
            room.check()
            return attempt()
        except StoreFull as error:
            log.error("waiting for room on the disk: %s", error)  # noqa: TRY400 (nothing has failed)
            screen.say(Line("storage"), status=f"waiting for room on the disk: {error}")
            notify(f"EXTEND_TIMEOUT_USEC={_MORE_TIME_US}")
        time.sleep(_TRY_EVERY_S)
