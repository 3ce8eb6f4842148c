"""The downlink: documents and commands for the hub, and the subscriptions and answers that the hub sends."""

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sync.contract.topics import Topics
from sync.documents.command import Command
from sync.errors import ContractError
from sync.mqtt.broker import Connection, IncomingMessage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic to subscribe to. With `retained`, each subscription also brings the messages that the broker retains."""

    topic: str
    retained: bool = True


class DownlinkChannel(Protocol):
    """The hub's access to a connection. Any thread may use it. After the connection has ended it does nothing."""

    def subscribe(self, *subscriptions: Subscription) -> None:
        """Ask the broker for topics."""

    def answer(self, request: IncomingMessage, payload: bytes) -> None:
        """Publish an answer on the response topic of the request, if it has one."""


class Downlink(Protocol):
    """Receives what the centre sends. The uplink calls it in its own thread, so each method must return at once."""

    def connected(self, channel: DownlinkChannel) -> None:
        """A connection begins. Subscriptions of earlier connections are gone."""

    def heard(self, message: IncomingMessage) -> None:
        """A message came on a topic that was subscribed to through the channel."""

    def commanded(self, command: Command, request: IncomingMessage) -> bool:
        """Take a command for this kiosk, whose signature is checked where a key is pinned. Returns whether it is new
        and is to be carried out."""

    def refused(self, message: IncomingMessage, error: ContractError) -> None:
        """A receipt or command was not accepted, because of `error`."""


class NullDownlink:
    """A downlink without a hub: it subscribes to no documents and accepts every command."""

    def connected(self, channel: DownlinkChannel) -> None:
        """Subscribe to nothing."""

    def heard(self, message: IncomingMessage) -> None:
        """Do nothing: there is no subscription."""

    def commanded(self, command: Command, request: IncomingMessage) -> bool:
        """Accept the command."""
        del command, request
        return True

    def refused(self, message: IncomingMessage, error: ContractError) -> None:
        """Do nothing: the session has logged it."""


@dataclass(frozen=True, slots=True)
class _Answer:
    topic: str
    payload: bytes
    correlation: bytes | None


class QueuedChannel:
    """The `DownlinkChannel` of one session. Any thread may call it; the session's thread sends.

    `wake` is called to end the session's wait for news.
    """

    def __init__(self, topics: Topics, wake: Callable[[], None]) -> None:
        self._topics = topics
        self._wake = wake
        self._subscriptions: queue.SimpleQueue[Subscription] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()

    def subscribe(self, *subscriptions: Subscription) -> None:
        """Ask the broker for topics."""
        for subscription in subscriptions:
            self._subscriptions.put(subscription)
        self._wake()

    def answer(self, request: IncomingMessage, payload: bytes) -> None:
        """Queue an answer, if the response topic of the request is a plain topic under the root."""
        if request.answer_to is None:
            return
        if not self._topics.answers(request.answer_to):
            log.warning("a command is not answered: its response topic is not under %s/", self._topics.root)
            return
        self._answers.put(_Answer(request.answer_to, payload, request.correlation))
        self._wake()

    def send(self, connection: Connection, room: int) -> list[int]:
        """Send the queued subscriptions and at most `room` answers, and return the mids of the answers. Only the
        session's thread calls this."""
        while not self._subscriptions.empty():
            wanted = self._subscriptions.get()
            connection.subscribe(wanted.topic, retained=wanted.retained)
        mids: list[int] = []
        while len(mids) < room and not self._answers.empty():
            answer = self._answers.get()
            mids.append(connection.publish(answer.topic, answer.payload, correlation=answer.correlation))
        return mids
