"""What a connection to the broker tells: each is one value in its owner's queue."""

from dataclasses import dataclass
from typing import Final

FAILURE: Final = 128
"""Reason codes from here on are refusals (MQTT 5, section 2.4)."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted; it takes at most `receive_maximum` unacknowledged messages."""

    receive_maximum: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker answered no to the connection, or ended it with a reason of its own."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker's answer to the message `mid`; a `code` of 128 or more says it did not take it."""

    mid: int
    code: int
    reason: str

    @property
    def taken(self) -> bool:
        """The broker has the message."""
        return self.code < FAILURE


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker's answer to the subscription `mid`; a `code` of 128 or more says that nothing will come."""

    mid: int
    code: int
    reason: str

    @property
    def taken(self) -> bool:
        """The broker will send what was asked for."""
        return self.code < FAILURE


@dataclass(frozen=True, slots=True)
class Message:
    """A message that came in. `answer_to` is where its sender wants an answer, with `correlation` (MQTT 5, section
    4.10)."""

    topic: str
    payload: bytes
    answer_to: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """There is no connection, or none any more: the last news of a connection."""

    reason: str


@dataclass(frozen=True, slots=True)
class Woken:
    """There may be something new to send. Not from the broker: it ends a wait for news."""


News = Connected | Refused | Acknowledged | Subscribed | Message | Lost | Woken
