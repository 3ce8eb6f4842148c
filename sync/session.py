"""One connection of the uplink, from its first try to its loss."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sync.broker import Acknowledged, BrokerSettings, Connected, Connection, Lost, News, Refused, Woken
from sync.contract import Birth, Heartbeat, Offline, Status
from sync.errors import BrokerRefused, BrokerUnreachable
from sync.ledger import Ledger
from sync.topics import Topics

TURN_S: Final = 0.25
"""The longest wait between two beats, and how late another process's append is noticed."""

_FAREWELL_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What only the hub knows of itself: its clock, this boot and the program's version."""

    at: datetime
    boot_id: str
    version: str


class Session:
    """Publishes and marks until the connection ends. Used once, by one thread; news from others comes by queue."""

    def __init__(
        self, settings: BrokerSettings, topics: Topics, ledger: Ledger, facts: Callable[[], StatusFacts]
    ) -> None:
        self.useful = False  # the broker took something
        self._settings = settings
        self._topics = topics
        self._ledger = ledger
        self._facts = facts
        self._inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._window = 0  # how many entries may be in flight; none before the broker has accepted
        self._in_flight: dict[int, int | None] = {}  # mid to seq; None for a status
        self._sent_through = 0
        self._told_s = 0.0  # monotonic instant of the last status
        self._acknowledged: list[int] = []

    def run(self, stop: threading.Event, beat: Callable[[], None], online: Callable[[], None]) -> None:
        """Connect, then send until `stop` is set; `online` is called once the broker has accepted.

        Raises:
            BrokerError: there is no connection, or none any more.
            StoreError: the ledger cannot be read or marked.
        """
        connection = Connection(self._settings, f"{self._topics.unit}_{self._topics.kiosk}", self._inbox)
        connection.will(self._topics.status, self._offline("lost"))
        with self._ledger.watching(lambda: self._inbox.put(Woken())):
            connection.start()
            try:
                while not stop.is_set():
                    beat()
                    self._turn(connection, online)
                self._farewell(connection)
            finally:
                connection.close()
                self._mark()

    def _turn(self, connection: Connection, online: Callable[[], None]) -> None:
        for news in self._news():
            if isinstance(news, Connected):
                # One place is kept for a status.
                self._window = max(1, min(self._settings.in_flight, news.receive_maximum) - 1)
                self._publish_status(connection, Birth)
                online()
            else:
                self._take(news)
        self._mark()
        if self._window:
            self._send(connection)

    def _news(self, wait_s: float = TURN_S) -> list[News]:
        """All that has come in; waits for the first."""
        news: list[News] = []
        try:
            news.append(self._inbox.get(timeout=wait_s))
            while True:
                news.append(self._inbox.get_nowait())
        except queue.Empty:
            return news

    def _take(self, news: News) -> None:
        match news:
            case Acknowledged(taken=True):
                seq = self._in_flight.pop(news.mid)
                self.useful = True
                if seq is not None:
                    self._acknowledged.append(seq)
            case Acknowledged() | Refused():
                raise BrokerRefused(news.code, news.reason)
            case Lost():
                raise BrokerUnreachable(news.reason)

    def _mark(self) -> None:
        acknowledged, self._acknowledged = self._acknowledged, []
        if acknowledged:
            self._ledger.mark_at_broker(acknowledged)

    def _send(self, connection: Connection) -> None:
        if time.monotonic() - self._told_s >= self._settings.heartbeat_s and None not in self._in_flight.values():
            self._publish_status(connection, Heartbeat)
        room = self._window - len(self._in_flight)
        for entry in self._ledger.unsent(room, after=self._sent_through) if room > 0 else ():
            self._in_flight[connection.publish(self._topics.entry, entry.payload)] = entry.seq
            self._sent_through = entry.seq

    def _publish_status(self, connection: Connection, kind: type[Birth | Heartbeat]) -> None:
        facts, counts = self._facts(), self._ledger.counts()
        status = kind(
            kiosk=self._topics.kiosk,
            unit=self._topics.unit,
            boot_id=facts.boot_id,
            version=facts.version,
            at=facts.at,
            last_seq=counts.last_seq,
            unsent=counts.unsent,
        )
        self._in_flight[connection.publish(self._topics.status, _wire(status), retain=True)] = None
        self._told_s = time.monotonic()

    def _offline(self, reason: Literal["stopped", "lost"]) -> bytes:
        return _wire(
            Offline(kiosk=self._topics.kiosk, unit=self._topics.unit, boot_id=self._facts().boot_id, reason=reason)
        )

    def _farewell(self, connection: Connection) -> None:
        """Say that the kiosk stops, and give what is in flight a moment to be acknowledged."""
        if not self._window:
            return
        self._in_flight[connection.publish(self._topics.status, self._offline("stopped"), retain=True)] = None
        end_s = time.monotonic() + _FAREWELL_S
        while self._in_flight and (left_s := end_s - time.monotonic()) > 0:
            for news in self._news(left_s):
                self._take(news)


def _wire(status: Status) -> bytes:
    return status.model_dump_json().encode()
