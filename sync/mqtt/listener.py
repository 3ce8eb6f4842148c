"""Receives the entries of every kiosk under a topic root, without storing them or answering."""

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from uuid_utils import uuid7

from sync.contract import Entry, parse_entry
from sync.contract.topics import every_entry
from sync.errors import ContractError
from sync.mqtt.broker import (
    BrokerSettings,
    Connected,
    Connection,
    IncomingMessage,
    News,
    Subscribed,
    raise_failure,
)

_TURN_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Received:
    """An entry as it came: `payload` is what its hash covers."""

    topic: str
    payload: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message on an entry topic that is not an entry."""

    topic: str
    payload: bytes
    reason: str


def listen(
    settings: BrokerSettings, root: str, stop: threading.Event, ready: threading.Event
) -> Iterator[Received | Rejected]:
    """Yield what arrives until `stop` is set; sets `ready` once the broker has confirmed the subscription.

    A listener receives only what is published after its subscription, and does not reconnect.

    Raises:
        BrokerError: the broker refused, could not be reached or went away.
        ContractError: topics cannot be built on `root`.
    """
    topic = every_entry(root)
    inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
    connection = Connection(settings, f"listener_{uuid7()}", inbox)
    connection.start()
    try:
        while not stop.is_set():
            try:
                news = inbox.get(timeout=_TURN_S)
            except queue.Empty:
                continue
            match news:
                case Connected():
                    connection.subscribe(topic)
                case Subscribed(taken=True):
                    ready.set()
                case IncomingMessage():
                    yield _parsed(news)
                case _:
                    raise_failure(news)
    finally:
        connection.close()


def _parsed(message: IncomingMessage) -> Received | Rejected:
    try:
        return Received(message.topic, message.payload, parse_entry(message.payload))
    except ContractError as error:
        return Rejected(message.topic, message.payload, str(error))
