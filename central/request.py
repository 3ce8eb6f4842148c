"""One command to a kiosk, and its answer (MQTT 5, section 4.10)."""

import time
from datetime import datetime

from pydantic import ValidationError
from uuid_utils import uuid7

from central.errand import SilenceError, errand
from central.errors import CentralError
from sync.broker import BrokerSettings
from sync.documents.command import Command, Reply
from sync.documents.envelope import sign
from sync.news import Message, Subscribed
from sync.signing import SigningKey
from sync.topics import Topics


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
            if isinstance(news, Message) and news.correlation == request.bytes:
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
