"""One connection of the uplink, from connecting to its end."""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from typing import Final

from sync.contract import Birth, Heartbeat
from sync.contract.topics import Topics
from sync.documents.command import Command, ResendFrom
from sync.documents.envelope import Pinned
from sync.documents.receipt import ParcelReceipt, Receipt, Rejection
from sync.errors import BrokerRefused, ContractError
from sync.ledger import Ledger
from sync.mqtt.broker import (
    Acknowledged,
    BrokerSettings,
    Connected,
    Connection,
    IncomingMessage,
    News,
    Subscribed,
    Woken,
    raise_failure,
)
from sync.mqtt.downlink import Downlink, QueuedChannel
from sync.mqtt.inward import check_own, read
from sync.mqtt.outbox import Outbox
from sync.mqtt.parcel_outbox import ParcelOutbox, TokenBucket
from sync.mqtt.statuses import Statuses, StatusFacts
from sync.parcels import Parcel, Parcels

log = logging.getLogger(__name__)

TURN_S: Final = 0.25
"""Seconds: the longest wait between two heartbeats to the watchdog, and the longest delay until an entry that another
process appended is noticed."""

_FAREWELL_S: Final = 0.3
"""The longest wait for acknowledgements when the uplink stops."""

_ANSWER: Final = 0
"""Stands in `_in_flight`, in place of a sequence number, for an answer to a command."""

_MARK_AT: Final = 256
"""Acknowledgements that are written to the ledger together. Each write is a commit, which waits for the disk."""


class UplinkSession:
    """Publishes entries and parcels and marks what is acknowledged, until the connection ends. Used once, by one
    thread; other threads reach it through a queue."""

    def __init__(
        self,
        settings: BrokerSettings,
        topics: Topics,
        ledger: Ledger,
        parcels: Parcels,
        facts: Callable[[], StatusFacts],
        pinned: Pinned,
        downlink: Downlink,
    ) -> None:
        self.useful = False  # the broker took something
        self._settings = settings
        self._topics = topics
        self._ledger = ledger
        self._statuses = Statuses(topics, facts)
        self._pinned = pinned
        self._downlink = downlink
        self._inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._window = 0  # how many entries may be in flight; none before the broker has accepted
        self._in_flight: dict[int, int | Parcel | None] = {}  # mid to an entry's seq; None for a status
        self._needed: set[int | None] = set()  # mids of subscriptions that nothing works without
        self._channel = QueuedChannel(topics, lambda: self._inbox.put(Woken()))
        self._outbox = Outbox(settings.resend_after_s)
        self._parcel_outbox = ParcelOutbox(parcels, settings.resend_after_s, settings.receipts, lambda: facts().at)
        self._bucket = TokenBucket(settings.rate_per_s, settings.in_flight, float("inf"))  # from the connection on
        self._told_s = 0.0  # monotonic instant of the last status
        self._acknowledged: list[int] = []
        self._marked_s = 0.0  # monotonic instant of the last mark

    def run(self, stop: threading.Event, beat: Callable[[], None], online: Callable[[], None]) -> None:
        """Connect, then send until `stop` is set; `online` is called once the broker has accepted.

        Raises:
            BrokerError: there is no connection, or none any more.
            StoreError: the ledger cannot be read or marked.
        """
        connection = Connection(self._settings, f"{self._topics.unit}_{self._topics.kiosk}", self._inbox)
        connection.will(self._topics.status, self._statuses.offline("lost"))
        with self._ledger.watching(lambda: self._inbox.put(Woken())):
            connection.start()
            try:
                while not stop.is_set():
                    self._turn(connection, beat, online)
                self._farewell(connection)
            finally:
                connection.close()
                self._mark()

    def _turn(self, connection: Connection, beat: Callable[[], None], online: Callable[[], None]) -> None:
        beat()
        for news in self._news():
            beat()  # what comes may take a second to be refused, and a flood of it must not look like a hang
            if isinstance(news, Connected):
                self._begin(connection, news.receive_maximum)
                online()
            else:
                self._take(news)
        if len(self._acknowledged) >= _MARK_AT or time.monotonic() - self._marked_s >= TURN_S:
            self._mark()
        if self._window:
            self._send(connection)

    def _begin(self, connection: Connection, receive_maximum: int) -> None:
        # One place of the window is kept free for a status.
        self._window = max(1, min(self._settings.in_flight, receive_maximum) - 1)
        start_s = time.monotonic() + random.uniform(0, self._settings.spread_s)  # noqa: S311 (no secret)
        self._bucket = TokenBucket(self._settings.rate_per_s, self._settings.in_flight, start_s)
        if self._settings.receipts:
            self._needed = {connection.subscribe(topic) for topic in (self._topics.receipt, self._topics.command)}
        self._downlink.connected(self._channel)
        self._publish_status(connection, Birth)

    def _news(self, wait_s: float = TURN_S) -> list[News]:
        """Return all news that has come in; waits up to `wait_s` seconds for the first."""
        news: list[News] = []
        try:
            news.append(self._inbox.get(timeout=wait_s))
            while True:
                news.append(self._inbox.get_nowait())
        except queue.Empty:
            return news

    def _take(self, news: News) -> None:
        match news:
            case Acknowledged():
                self._settle(news, self._in_flight.pop(news.mid))
            case IncomingMessage():
                self._hear(news)
            case Subscribed(taken=False) if news.mid not in self._needed:
                # Records must not wait because the broker's access list forgets the agency's documents.
                log.warning("the broker does not give the agency's documents: %s", news.reason)
            case _:
                raise_failure(news)

    def _settle(self, answer: Acknowledged, sent: int | Parcel | None) -> None:
        """Note the broker's answer to what was sent: an entry, a parcel, an answer to a command, or a status."""
        if isinstance(sent, Parcel):
            self._parcel_outbox.answered(sent, taken=answer.taken)
            if not answer.taken:  # no reason to keep entries waiting
                log.warning("the broker does not take the %s of %s: %s", sent.kind, sent.key, answer.reason)
        elif sent == _ANSWER:
            if not answer.taken:
                log.warning("the broker does not take the answer to a command: %s", answer.reason)
        elif not answer.taken:
            raise BrokerRefused(answer.code, answer.reason)
        elif sent is not None:
            self._acknowledged.append(sent)
        self.useful = self.useful or answer.taken

    def _mark(self) -> None:
        acknowledged, self._acknowledged = self._acknowledged, []
        self._marked_s = time.monotonic()
        self._parcel_outbox.mark()
        if acknowledged and self._settings.receipts:
            self._ledger.mark_at_broker(acknowledged)
        elif acknowledged:
            self._ledger.mark_receipted(acknowledged)
            self._outbox.delivered(acknowledged)

    def _hear(self, message: IncomingMessage) -> None:
        """Do what a receipt or command says. A message that does not follow the contract is logged and changes
        nothing."""
        if message.topic not in (self._topics.receipt, self._topics.command):
            self._downlink.heard(message)
            return
        try:
            said = read(message, self._topics, self._ledger.counts().last_seq, self._pinned.receiver)
            if isinstance(said, Receipt):
                check_own(said, self._ledger)
        except ContractError as error:
            log.warning("ignoring what came on %s: %s", message.topic, error)
            self._downlink.refused(message, error)
            return
        if isinstance(said, Command) and not self._downlink.commanded(said, message):
            return
        match said:
            case Receipt():
                self._ledger.mark_receipted(said.also, said.through_seq)
                self._outbox.receipted(said, time.monotonic())
            case Rejection():
                log.warning("the centre does not take entry %d: %s", said.seq, said.reason)
                self._outbox.refused(said.seq)
            case ParcelReceipt():
                self._parcel_outbox.receipted(said.stored)
            case ResendFrom():
                last = said.through_seq or self._ledger.counts().last_seq
                log.info("the centre asks again for the entries %d to %d", said.seq, last)
                self._ledger.rewind(said.seq, last)
                self._outbox.rewind(said.seq, last)

    def _send(self, connection: Connection) -> None:
        if time.monotonic() - self._told_s >= self._settings.heartbeat_s and None not in self._in_flight.values():
            self._publish_status(connection, Heartbeat)
        for mid in self._channel.send(connection, self._window - len(self._in_flight)):
            self._in_flight[mid] = _ANSWER
        now_s = time.monotonic()
        room = min(self._window - len(self._in_flight), self._bucket.available(now_s))
        for entry in self._outbox.next(self._ledger.waiting, room, now_s):
            self._in_flight[connection.publish(self._topics.entry, entry.payload)] = entry.seq
            self._bucket.take(1)
            room -= 1
        # Parcels use only the rate that entries leave over.
        if room > 0 and self._outbox.room() and (parcel := self._parcel_outbox.next(now_s)) is not None:
            self._in_flight[connection.publish(self._topics.parcel(parcel.kind, parcel.key), parcel.sealed)] = parcel
            self._bucket.take(1)

    def _publish_status(self, connection: Connection, kind: type[Birth | Heartbeat]) -> None:
        told = self._statuses.alive(kind, self._ledger.counts())
        self._in_flight[connection.publish(self._topics.status, told, retain=True)] = None
        self._told_s = time.monotonic()

    def _farewell(self, connection: Connection) -> None:
        """Publish that the kiosk stops, and wait a moment for the acknowledgement of what is in flight."""
        if not self._window:
            return
        self._in_flight[connection.publish(self._topics.status, self._statuses.offline("stopped"), retain=True)] = None
        end_s = time.monotonic() + _FAREWELL_S
        while self._in_flight and (left_s := end_s - time.monotonic()) > 0:
            for news in self._news(left_s):
                self._take(news)
