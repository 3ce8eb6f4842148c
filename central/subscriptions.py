"""What a receiver asks the broker for."""

import logging

from sync.broker import Connection
from sync.errors import BrokerRefused
from sync.news import Subscribed
from sync.topics import shared_entries, shared_parcels

log = logging.getLogger(__name__)


class Subscriptions:
    """Of one connection: the entries of all kiosks, which must come, and their parcels, which should."""

    def __init__(self, root: str) -> None:
        self._entries = shared_entries(root)
        self._parcels = shared_parcels(root)
        self._needed: int | None = None
        self._waiting: set[int | None] = set()
        self.confirmed = False

    def ask(self, connection: Connection) -> None:
        """Ask for them. Only when connected."""
        self._needed = connection.subscribe(self._entries)
        self._waiting = {self._needed, *(connection.subscribe(topic) for topic in self._parcels)}

    def answered(self, news: Subscribed) -> None:
        """Take one answer of the broker; `confirmed` when it was the last.

        Raises:
            BrokerRefused: it gives no entries. Without parcels there is still attendance.
        """
        if not news.taken and news.mid == self._needed:
            raise BrokerRefused(news.code, news.reason)
        if not news.taken:
            log.warning("the broker keeps evidence or enrolments back, see its access list: %s", news.reason)
        self._waiting.discard(news.mid)
        self.confirmed = not self._waiting
