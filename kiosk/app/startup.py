"""What the daemon needs before its workers start: a disk that keeps data and has space, a camera, and open stores."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final, TypeVar

from systemd.daemon import notify

from camera import About
from kiosk.app import parts
from kiosk.app.parts import Stores
from kiosk.runtime.errors import UsageError
from kiosk.screen import Phrase, Screen
from kiosk.settings import Settings
from kiosk.storage.disk import VANISHING, DiskSpace, file_system_of
from sync.errors import StoreFull
from sync.store.salvage import Stamper

log = logging.getLogger(__name__)

T = TypeVar("T")

_MOUNTS: Final = Path("/proc/self/mountinfo")
_TRY_EVERY_S: Final = 2.0
_MORE_TIME_US: Final = 30_000_000
"""By how much systemd's time limit for a start is extended at each try, in microseconds (sd_notify(3))."""


def check_lasting(folder: Path, *, may_vanish: bool) -> None:
    """Raises UsageError when the file system of the data directory loses data at a power cut, unless it may."""
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
    """Raises UsageError when the source is a film or a synthetic person and no camera, unless it is a demo."""
    if about.source == "camera":
        return
    if not demo:
        raise UsageError(
            f"camera.url is {about.scheme}:, which is no camera: people would be recorded who were not there; name a "
            "camera (docs/cameras.md), or set camera.demo = true to try things out"
        )
    log.warning("%s: is no camera: every record says so", about.scheme)


def when_there_is_room(attempt: Callable[[], T], disk: DiskSpace, screen: Screen) -> T:
    """Calls `attempt` as soon as the disk has room for it, and returns its result.

    Until then the screen shows that the disk is full, and systemd is asked to wait longer.
    """
    while True:
        try:
            disk.check()
            return attempt()
        except StoreFull as error:
            log.error("waiting for room on the disk: %s", error)  # noqa: TRY400 (nothing has failed)
            screen.say(Phrase("storage"), status=f"waiting for room on the disk: {error}")
            notify(f"EXTEND_TIMEOUT_USEC={_MORE_TIME_US}")
        time.sleep(_TRY_EVERY_S)


@contextmanager
def opened(settings: Settings, stamp: Stamper, screen: Screen) -> Iterator[Stores]:
    """Opens every store, as soon as the disk has room, and closes them after the block.

    `stamp` stamps the event of a salvaged ledger. Raises StoreError when a store cannot be used.
    """
    stack, stores = when_there_is_room(lambda: _open(settings, stamp), parts.disk_space(settings), screen)
    with stack:
        yield stores


def _open(settings: Settings, stamp: Stamper) -> tuple[ExitStack, Stores]:
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(parts.ledger(settings)))
        ledger.open_or_salvage(stamp)
        people = stack.enter_context(parts.people(settings))
        parcels = stack.enter_context(closing(parts.parcels(settings)))
        parcels.open_or_set_aside()
        documents = stack.enter_context(parts.documents(settings))
        return stack.pop_all(), Stores(ledger, people, parcels, documents)
