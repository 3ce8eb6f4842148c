"""Short connections to the broker: from its URL, and a command with the answer to it."""

import time
from contextlib import AbstractContextManager
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
from sync.errors import BrokerSilent
from sync.mqtt.broker import BrokerDialogue, BrokerSettings, IncomingMessage, Subscribed, connected
from sync.signing import SigningKey

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def broker_settings(url: str, password_file: Path | None, ca_file: Path | None) -> BrokerSettings:
    """Read `mqtt://[USER@]HOST[:PORT]` or `mqtts://...`.

    Raises:
        WrongUseError: it is neither. A password in the URL is refused, because every user of the machine can see the
            arguments of a process.
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


SILENCE_S: Final = 60.0
"""The longest wait for the next answer of the broker: more than a large document takes on a slow line."""


def broker_dialogue(settings: BrokerSettings) -> AbstractContextManager[BrokerDialogue]:
    """Connect under a client id that nobody else uses, and raise as `connected` does."""
    return connected(settings, f"central_{uuid7()}", SILENCE_S)


class NoAnswerError(CentralError):
    """The kiosk did not answer in time, or its answer does not follow the contract."""


def version_at(now: datetime) -> int:
    """The version of a command that is sent at this instant: milliseconds since 1970."""
    return round(now.timestamp() * 1000)


def ask(settings: BrokerSettings, root: str, command: Command, key: SigningKey, wait_s: float) -> Reply:
    """Send a command, signed with `key`, and return the kiosk's answer.

    Raises:
        NoAnswerError: there is none within `wait_s`.
        BrokerError: the broker does not let it through, or does not answer.
    """
    topics = Topics(root, command.unit, command.kiosk)
    request = uuid7()
    answers = f"{topics.replies}/{request}"
    with broker_dialogue(settings) as dialogue:
        dialogue.connection.subscribe(answers)
        while not isinstance(dialogue.hear(SILENCE_S), Subscribed):
            pass
        dialogue.connection.publish(topics.command, sign(command, key), answer_to=answers, correlation=request.bytes)
        end_s = time.monotonic() + wait_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                news = dialogue.hear(left_s)
            except BrokerSilent:
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
