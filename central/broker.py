"""Short work at the broker: its URL, one connection until something is done, and a command with its answer."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError
from uuid_utils import uuid7

from central.errors import CentralError, WrongUseError
from sync.contract.topics import Topics
from sync.documents.command import Command, Reply
from sync.documents.envelope import sign
from sync.errors import BrokerRefused, BrokerUnreachable
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
)
from sync.signing import SigningKey

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def broker_settings(url: str, password_file: Path | None, ca_file: Path | None) -> BrokerSettings:
    """Read `mqtt://[USER@]HOST[:PORT]` or `mqtts://...`.

    Raises:
        UsageError: it is neither. A password in it is one reason: everybody could see it in the list of processes.
    """
    expected = "expected mqtt://[USER@]HOST[:PORT] or mqtts://..., the password in a file"
    try:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or parts.password is not None or parts.path.strip("/") or parts.query:
            raise WrongUseError(f"this is no broker: {expected}")
        return BrokerSettings(
            host=parts.hostname or "",
            port=parts.port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=unquote(parts.username) if parts.username else None,
            password_file=password_file,
            ca_file=ca_file,
        )
    except (ValueError, ValidationError) as error:
        raise WrongUseError(f"this is no broker: {expected}") from error


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


class NoAnswerError(CentralError):
    """The kiosk did not answer in time, or not as the contract has it."""


def version_at(now: datetime) -> int:
    """The version of a command that is given now: milliseconds since 1970."""
    return round(now.timestamp() * 1000)


def ask(settings: BrokerSettings, root: str, command: Command, key: SigningKey, wait_s: float) -> Reply:
    """Give a command and return the kiosk's answer.

    Raises:
        NoAnswerError: there is none within `wait_s`.
        BrokerError, SilenceError: the broker does not let it through.
    """
    topics = Topics(root, command.unit, command.kiosk)
    request = uuid7()
    answers = f"{topics.replies}/{request}"
    with errand(settings) as line:
        line.connection.subscribe(answers)
        while not isinstance(line.hear(), Subscribed):
            pass
        line.connection.publish(topics.command, sign(command, key), answer_to=answers, correlation=request.bytes)
        end_s = time.monotonic() + wait_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                news = line.hear(left_s)
            except SilenceError:
                break
            if isinstance(news, IncomingMessage) and news.correlation == request.bytes:
                return _reply(news.payload, command)
    raise NoAnswerError(
        f"kiosk {command.kiosk} did not answer within {wait_s:g} s: it is away, has another `receiver_key`, "
        "or had a command of a machine whose clock is ahead of this one's"
    )


def _reply(payload: bytes, command: Command) -> Reply:
    try:
        reply = Reply.model_validate_json(payload)
    except ValidationError as error:
        raise NoAnswerError(f"what kiosk {command.kiosk} answers is not of contract version 1") from error
    if (reply.unit, reply.kiosk, reply.to_version) != (command.unit, command.kiosk, command.version):
        raise NoAnswerError(f"what kiosk {command.kiosk} answers is meant for another command")
    return reply
