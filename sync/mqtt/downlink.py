"""What comes down to a kiosk beside receipts, documents and commands, and what the hub wants sent for it."""

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
    """A topic to hear; with `retained`, what the broker keeps of it comes too, each time it is asked for."""

    topic: str
    retained: bool = True


class DownlinkChannel(Protocol):
    """The connection as the hub sees it. Any thread may use it; once the connection is gone it does nothing."""

    def subscribe(self, *subscriptions: Subscription) -> None:
        """Ask the broker for topics."""

    def answer(self, request: IncomingMessage, payload: bytes) -> None:
        """Send an answer to where the request wants it, if it wants one."""


class Downlink(Protocol):
    """Takes what comes down. Called in the uplink's thread: each returns at once."""

    def connected(self, channel: DownlinkChannel) -> None:
        """A connection begins, without any subscription of the one before."""

    def heard(self, message: IncomingMessage) -> None:
        """What came on a topic that was asked for by the line."""

    def commanded(self, command: Command, request: IncomingMessage) -> bool:
        """A command for this kiosk, signed where a key is pinned; whether it is new and is to be done."""

    def refused(self, message: IncomingMessage, error: ContractError) -> None:
        """A receipt or command that was not taken, and why."""


class NullDownlink:
    """Nobody is there: no document is asked for, and commands are as new as they say."""

    def connected(self, channel: DownlinkChannel) -> None:
        """Ask for nothing."""

    def heard(self, message: IncomingMessage) -> None:
        """Nothing was asked for."""

    def commanded(self, command: Command, request: IncomingMessage) -> bool:
        """Take it."""
        del command, request
        return True

    def refused(self, message: IncomingMessage, error: ContractError) -> None:
        """The session has told it to the log."""


@dataclass(frozen=True, slots=True)
class _Answer:
    topic: str
    payload: bytes
    correlation: bytes | None


class QueuedChannel:
    """The `DownlinkChannel` of one session: any thread puts in, the session's thread sends.

    `wake` ends the session's wait.
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
        """Answer where the request wants it: a plain topic under the root, and nowhere else."""
        if request.answer_to is None:
            return
        if not self._topics.answers(request.answer_to):
            log.warning("a command is not answered: its response topic is not under %s/", self._topics.root)
            return
        self._answers.put(_Answer(request.answer_to, payload, request.correlation))
        self._wake()

    def send(self, connection: Connection, room: int) -> list[int]:
        """Ask for every topic that is wanted, and publish at most `room` answers; their mids. The session's thread."""
        while not self._subscriptions.empty():
            wanted = self._subscriptions.get()
            connection.subscribe(wanted.topic, retained=wanted.retained)
        mids: list[int] = []
        while len(mids) < room and not self._answers.empty():
            answer = self._answers.get()
            mids.append(connection.publish(answer.topic, answer.payload, correlation=answer.correlation))
        return mids
