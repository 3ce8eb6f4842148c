"""The reference receiver: subscribes, judges, commits, and answers with receipts."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from uuid_utils import uuid7

from central.broker import version_at
from central.judge import Registered, Unsound, is_parcel, judge
from central.parcels import take_parcels
from central.store.batch import BatchOutcome, progress, store
from central.store.database import CentralDatabase
from central.store.gaps import Gap
from central.store.kiosks import known_kiosks
from sync.backoff import Backoff
from sync.contract.topics import Topics, shared_entries, shared_parcels
from sync.documents.command import ResendFrom
from sync.documents.envelope import sign
from sync.documents.receipt import MOST_ALSO, Receipt, Rejection
from sync.errors import BrokerError, BrokerRefused
from sync.mqtt.broker import (
    BrokerSettings,
    Connected,
    Connection,
    IncomingMessage,
    News,
    Subscribed,
    raise_failure,
)
from sync.signing import SigningKey

log = logging.getLogger(__name__)


class Subscriptions:
    """The subscriptions of one connection: the entries of all kiosks, which are needed, and parcels, which are
    optional."""

    def __init__(self, root: str) -> None:
        self._entries = shared_entries(root)
        self._parcels = shared_parcels(root)
        self._needed: int | None = None
        self._waiting: set[int | None] = set()
        self.confirmed = False

    def ask(self, connection: Connection) -> None:
        """Subscribe. Only when connected."""
        self._needed = connection.subscribe(self._entries)
        self._waiting = {self._needed, *(connection.subscribe(topic) for topic in self._parcels)}

    def answered(self, news: Subscribed) -> None:
        """Take one answer of the broker. After the last one `confirmed` is true.

        Raises:
            BrokerRefused: the broker refuses the entries. A refusal of parcels is only logged.
        """
        if not news.taken and news.mid == self._needed:
            raise BrokerRefused(news.code, news.reason)
        if not news.taken:
            log.warning("the broker keeps evidence or enrolments back, see its access list: %s", news.reason)
        self._waiting.discard(news.mid)
        self.confirmed = not self._waiting


_PATIENCE_S: Final = 2.0
"""Seconds before a gap is asked for: the missing entries may be on their way through another receiver."""

_LONGEST_WAIT_S: Final = 600.0
"""The longest time between two requests for the same gap."""


@dataclass(frozen=True, slots=True)
class _Watched:
    first: int
    wait_s: float
    next_s: float


class GapRequests:
    """Decides when to ask a kiosk for missing entries: first after a moment, then after waits that double. Instants are
    monotonic seconds."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}

    def due(self, kiosk: str, gap: Gap | None, now_s: float) -> bool:
        """Whether to ask now for the kiosk's first gap. An answer of True is noted as a request."""
        if gap is None:
            self._watched.pop(kiosk, None)
            return False
        watched = self._watched.get(kiosk)
        if watched is None or watched.first != gap.first:
            self._watched[kiosk] = _Watched(gap.first, _PATIENCE_S, now_s + _PATIENCE_S)
            return False
        if now_s < watched.next_s:
            return False
        wait_s = min(2 * watched.wait_s, _LONGEST_WAIT_S)
        self._watched[kiosk] = _Watched(gap.first, wait_s, now_s + wait_s)
        return True

    def overdue(self, now_s: float) -> list[str]:
        """Return the kiosks whose gap is old enough to be looked up again."""
        return [kiosk for kiosk, watched in self._watched.items() if now_s >= watched.next_s]


_TURN_S: Final = 0.2
_BATCH: Final = MOST_ALSO // 2
"""Messages in one transaction: few enough that one receipt can name them, many because each commit waits for the
disk."""

_KNOWN_FOR_S: Final = 2.0
"""Seconds after which the table of registered kiosks is read again."""


class Receiver:
    """Receives what kiosks send under `root`. Several receivers may run at once: the broker spreads messages over them.

    `key` signs the answers. Kiosks that know no receiver's key accept unsigned answers too.
    """

    def __init__(
        self, settings: BrokerSettings, root: str, database: CentralDatabase, key: SigningKey | None = None
    ) -> None:
        self._settings = settings
        self._root = root
        self._database = database
        self._key = key
        self._gap_requests = GapRequests()
        self._known: dict[str, Registered] = {}
        self._known_s = float("-inf")
        self._backoff = Backoff(settings.retry_least_s, settings.retry_most_s)

    def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Receive until `stop` is set. `ready` is called whenever the broker has confirmed the subscriptions.

        Raises:
            DatabaseError: the database cannot be used. Kiosks send again what was not stored.
        """
        while not stop.is_set():
            try:
                self._connected(stop, ready)
            except BrokerError as error:
                log.warning("%s", error)
                stop.wait(self._backoff.next_s())

    def _connected(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
        connection = Connection(self._settings, f"central_{uuid7()}", inbox)
        connection.start()
        subscriptions = Subscriptions(self._root)
        try:
            while not stop.is_set():
                news = _gather(inbox)
                self._take([item for item in news if isinstance(item, IncomingMessage)], connection)
                for item in news:
                    match item:
                        case Connected():
                            subscriptions.ask(connection)
                        case Subscribed():
                            subscriptions.answered(item)
                            if subscriptions.confirmed:
                                self._backoff.reset()
                                ready()
                        case _:
                            raise_failure(item)
                if subscriptions.confirmed:
                    self._ask_again(connection)
        finally:
            connection.close()

    def _take(self, messages: Sequence[IncomingMessage], connection: Connection) -> None:
        if not messages:
            return
        if time.monotonic() - self._known_s >= _KNOWN_FOR_S:
            self._known, self._known_s = known_kiosks(self._database), time.monotonic()
        entries = [message for message in messages if not is_parcel(message.topic)]
        batch = [judge(message.topic, message.payload, self._root, self._known) for message in entries]
        outcomes = store(self._database, batch)
        self.answer([item for item in batch if isinstance(item, Unsound)], outcomes, connection)
        parcels = [message for message in messages if is_parcel(message.topic)]
        for topic, receipt in take_parcels(self._database, parcels, self._root, self._known, self._key):
            connection.publish(topic, receipt)

    def answer(self, unsound: Sequence[Unsound], outcomes: Sequence[BatchOutcome], connection: Connection) -> None:
        """Publish receipts for what was committed, requests for gaps, and rejections."""
        for outcome in outcomes:
            topics = Topics(self._root, outcome.unit, outcome.kiosk)
            connection.publish(topics.receipt, sign(_receipt(outcome), self._key))
            if self._gap_requests.due(outcome.kiosk, outcome.gap, time.monotonic()):
                self._ask(outcome, connection)
        for item in [*unsound, *(refused for outcome in outcomes for refused in outcome.refused)]:
            log.warning("not stored (%s): %s", item.problem, item.reason)
            # With the problem `topic`, the entry came on the topic of another kiosk, which must not get the answer.
            if item.seq is not None and item.problem != "topic":
                topic, rejection = _rejection(item.topic, item.seq, item.reason)
                connection.publish(topic, sign(rejection, self._key))

    def _ask_again(self, connection: Connection) -> None:
        for kiosk in self._gap_requests.overdue(time.monotonic()):
            outcome = progress(self._database, kiosk)
            if self._gap_requests.due(kiosk, outcome.gap, time.monotonic()):
                self._ask(outcome, connection)

    def _ask(self, outcome: BatchOutcome, connection: Connection) -> None:
        if outcome.gap is not None:
            first, last = outcome.gap.first, outcome.gap.last
            log.info("asking %s again for entries %d to %d", outcome.kiosk, first, last)
            now = datetime.now(UTC)
            command = ResendFrom(
                kiosk=outcome.kiosk,
                unit=outcome.unit,
                version=version_at(now),
                at=now,
                seq=first,
                through_seq=last,
            )
            topic = Topics(self._root, outcome.unit, outcome.kiosk).command
            connection.publish(topic, sign(command, self._key))


def _gather(inbox: "queue.SimpleQueue[News]") -> list[News]:
    """Return the news that has come in, at most one batch; waits for the first."""
    news: list[News] = []
    try:
        news.append(inbox.get(timeout=_TURN_S))
        while len(news) < _BATCH:
            news.append(inbox.get_nowait())
    except queue.Empty:
        return news
    return news


def _receipt(outcome: BatchOutcome) -> Receipt:
    also = tuple(sorted({seq for seq in outcome.stored if seq > outcome.through_seq}))
    return Receipt(
        kiosk=outcome.kiosk,
        unit=outcome.unit,
        through_seq=outcome.through_seq,
        through_hash=outcome.through_hash,
        also=also,
    )


def _rejection(topic: str, seq: int, reason: str) -> tuple[str, Rejection]:
    *_root, unit, kiosk, _entry = topic.split("/")
    said = Rejection(kiosk=kiosk, unit=unit, seq=seq, reason=reason[:200])
    return topic.removesuffix("entry") + "receipt", said
