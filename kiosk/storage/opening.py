"""Opens the daemon's files, as soon as the disk has room for that."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from kiosk import build
from kiosk.screen import Screen
from kiosk.settings import Settings
from kiosk.starting import when_there_is_room
from kiosk.storage.stores import Stores
from sync.store.salvage import Stamper


@contextmanager
def opened(settings: Settings, stamp: Stamper, screen: Screen) -> Iterator[Stores]:
    """All of them open, as soon as the disk has room for that; `stamp` gives the event of a salvaged ledger its time.

    Raises StoreError when one cannot be used.
    """
    stack, stores = when_there_is_room(lambda: _open(settings, stamp), build.room(settings), screen)
    with stack:
        yield stores


def _open(settings: Settings, stamp: Stamper) -> tuple[ExitStack, Stores]:
    with ExitStack() as stack:
        ledger = stack.enter_context(closing(build.ledger(settings)))
        ledger.open_or_salvage(stamp)
        people = stack.enter_context(build.people(settings))
        parcels = stack.enter_context(closing(build.parcels(settings)))
        parcels.open_or_set_aside()
        documents = stack.enter_context(build.documents(settings))
        return stack.pop_all(), Stores(ledger, people, parcels, documents)
