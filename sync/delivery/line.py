"""What the hub wants sent, kept until the session has its turn."""

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass

from sync.broker import Connection
from sync.delivery.downlink import Subscription
from sync.news import Message
from sync.topics import Topics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Answer:
    topic: str
    payload: bytes
    correlation: bytes | None


class QueuedLine:
    """The `Line` of one session: any thread puts in, the session's thread sends. `wake` ends the session's wait."""

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

    def answer(self, request: Message, payload: bytes) -> None:
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
