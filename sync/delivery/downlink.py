"""What comes down to a kiosk beside receipts: documents and commands, for the hub to judge and to do."""

from dataclasses import dataclass
from typing import Protocol

from sync.documents.command import Command
from sync.errors import ContractError
from sync.news import Message


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic to hear; with `retained`, what the broker keeps of it comes too, each time it is asked for."""

    topic: str
    retained: bool = True


class Line(Protocol):
    """The connection as the hub sees it. Any thread may use it; once the connection is gone it does nothing."""

    def subscribe(self, *subscriptions: Subscription) -> None:
        """Ask the broker for topics."""

    def answer(self, request: Message, payload: bytes) -> None:
        """Send an answer to where the request wants it, if it wants one."""


class Downlink(Protocol):
    """Takes what comes down. Called in the uplink's thread: each returns at once."""

    def connected(self, line: Line) -> None:
        """A connection begins, without any subscription of the one before."""

    def heard(self, message: Message) -> None:
        """What came on a topic that was asked for by the line."""

    def commanded(self, command: Command, request: Message) -> bool:
        """A command for this kiosk, signed where a key is pinned; whether it is new and is to be done."""

    def refused(self, message: Message, error: ContractError) -> None:
        """A receipt or command that was not taken, and why."""


class Unattended:
    """Nobody is there: no document is asked for, and commands are as new as they say."""

    def connected(self, line: Line) -> None:
        """Ask for nothing."""

    def heard(self, message: Message) -> None:
        """Nothing was asked for."""

    def commanded(self, command: Command, request: Message) -> bool:
        """Take it."""
        del command, request
        return True

    def refused(self, message: Message, error: ContractError) -> None:
        """The session has told it to the log."""
