"""A connection to the broker for something short: publish, and hear an answer."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from uuid_utils import uuid7

from central.errors import CentralError
from sync.broker import BrokerSettings, Connection
from sync.errors import BrokerRefused, BrokerUnreachable
from sync.news import Acknowledged, Connected, Lost, News, Refused, Subscribed

_SILENCE_S: Final = 60.0
"""Longer than a large document takes on a slow line."""


class SilenceError(CentralError):
    """Nothing was heard in time."""


class Errand:
    """Used by one thread. `window` is how many messages may be in flight."""

    def __init__(self, connection: Connection, inbox: "queue.SimpleQueue[News]", window: int) -> None:
        self.connection = connection
        self.window = window
        self._inbox = inbox

    def hear(self, wait_s: float = _SILENCE_S) -> News:
        """The next news.

        Raises:
            BrokerError: it is that something was refused, or that the connection is lost.
            SilenceError: there is none for so long.
        """
        return _hear(self._inbox, wait_s)


@contextmanager
def errand(settings: BrokerSettings) -> Iterator[Errand]:
    """A connection that the broker has accepted."""
    inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
    connection = Connection(settings, f"central_{uuid7()}", inbox)
    connection.start()
    try:
        while not isinstance(news := _hear(inbox, _SILENCE_S), Connected):
            pass
        yield Errand(connection, inbox, min(settings.in_flight, news.receive_maximum))
    finally:
        connection.close()


def _hear(inbox: "queue.SimpleQueue[News]", wait_s: float) -> News:
    try:
        news = inbox.get(timeout=wait_s)
    except queue.Empty:
        raise SilenceError(f"the broker says nothing for {wait_s:.0f} s: try again") from None
    match news:
        case Acknowledged(taken=False) | Subscribed(taken=False) | Refused():
            raise BrokerRefused(news.code, news.reason)
        case Lost():
            raise BrokerUnreachable(news.reason)
    return news
