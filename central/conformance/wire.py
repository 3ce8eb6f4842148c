"""The connection of the simulated kiosks to the broker."""

import itertools
import queue
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from uuid_utils import uuid7

from central.conformance.player import Player
from sync.documents.command import Command
from sync.documents.receipt import Answer
from sync.errors import BrokerUnreachable, ContractError, SignatureRefused
from sync.mqtt.broker import (
    Acknowledged,
    BrokerSettings,
    Connected,
    Connection,
    IncomingMessage,
    Lost,
    News,
    Refused,
    Subscribed,
    raise_failure,
)
from sync.mqtt.inward import read
from sync.signing import PublicKey

_AT_ONCE: Final = 20
"""Messages in flight without an acknowledgement; every usable broker takes as many."""

_BROKER_S: Final = 20.0
"""The longest wait for an answer of the broker itself."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer or command of the server to a kiosk."""

    kiosk: str
    said: Answer | Command


class Wire:
    """The connection of the simulated kiosks. It is made again when the broker ends it, as it may over a huge message.

    `heard` are the messages of the server so far. `unsigned` and `faulty` describe those that a kiosk would not accept,
    `refused` those that the broker did not take.
    """

    def __init__(self, settings: BrokerSettings, players: Sequence[Player], key: PublicKey | None) -> None:
        self.heard: list[Heard] = []
        self.unsigned: list[str] = []
        self.faulty: list[str] = []
        self.refused: list[str] = []
        self._settings = settings
        self._key = key
        self._by_topic = {
            topic: player for player in players for topic in (player.topics.receipt, player.topics.command)
        }
        self._inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._unanswered: set[int] = set()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> Connection:
        """Begin a new MQTT session and subscribe to the topics of all kiosks.

        Raises:
            BrokerError: the broker cannot be reached, or refuses.
        """
        self.close()
        self._inbox = queue.SimpleQueue()
        connection = Connection(self._settings, f"conformance_{uuid7()}", self._inbox)
        connection.start()
        left, end_s = len(self._by_topic), time.monotonic() + _BROKER_S
        while left and time.monotonic() < end_s:
            match self._news(end_s):
                case Connected():
                    for topic in self._by_topic:
                        connection.subscribe(topic)
                case Subscribed():
                    left -= 1
                case Refused() | Lost() as failure:
                    raise_failure(failure)
        if left:
            connection.close()
            raise BrokerUnreachable(f"the broker did not answer within {_BROKER_S:.0f} s: is it the right one?")
        self._connection = connection
        return connection

    def close(self) -> None:
        """End the MQTT session in order."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def send(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Publish payloads on topics, in order, and wait until the broker has answered each or ended the session.

        Raises:
            BrokerError: the broker does neither, or cannot be reached again.
        """
        left = iter(messages)
        while some := list(itertools.islice(left, _AT_ONCE)):
            self._unanswered = {(self._connection or self.connect()).publish(topic, payload) for topic, payload in some}
            if not self.hear(lambda: not self._unanswered, _BROKER_S):
                raise BrokerUnreachable(f"the broker acknowledged nothing for {_BROKER_S:.0f} s")

    def hear(self, until: Callable[[], bool], within_s: float) -> bool:
        """Take messages until `until` returns True or `within_s` seconds have passed. Returns whether it does."""
        end_s = time.monotonic() + within_s
        while not until():
            if time.monotonic() >= end_s:
                return False
            self._take(self._news(end_s))
        return True

    def _news(self, end_s: float) -> News | None:
        try:
            return self._inbox.get(timeout=max(0.0, end_s - time.monotonic()))
        except queue.Empty:
            return None

    def _take(self, news: News | None) -> None:
        match news:
            case Acknowledged():
                self._unanswered.discard(news.mid)
                if not news.taken:
                    self.refused.append(news.reason)
            case IncomingMessage():
                self._listen_to(news)
            case Lost():
                self.refused.append(news.reason)
                self._unanswered.clear()
                self.connect()

    def _listen_to(self, message: IncomingMessage) -> None:
        player = self._by_topic[message.topic]
        try:
            said = self._read(message, player)
        except ContractError as error:
            self.faulty.append(f"on {message.topic}: {error}")
        else:
            self.heard.append(Heard(player.topics.kiosk, said))

    def _read(self, message: IncomingMessage, player: Player) -> Answer | Command:
        try:
            return read(message, player.topics, player.last, self._key)
        except SignatureRefused as error:
            self.unsigned.append(f"on {message.topic}: {error}")
            return read(message, player.topics, player.last, None)  # other faults are reported separately
