"""The worker that takes in what comes from the agency and makes it hold.

    broker ──uplink──> [desk] ══documents.db══> [vision] embeds, puts people
    USB stick ─────────────────────^

What has to be done is known by the store, so it does not matter who put a document there.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk.documents.parts import Parts
from kiosk.documents.refusals import Kind, Refusal, RefusedError, reason_of
from kiosk.documents.requests import Requests
from kiosk.plumbing.worker import Beat
from sync.delivery.downlink import Line
from sync.documents.command import Command, Reload
from sync.documents.envelope import LARGEST
from sync.documents.policy import Policy
from sync.errors import ContractError, StoreRetryable
from sync.news import Message
from sync.topics import Topics

log = logging.getLogger(__name__)

_TURN_S: Final = 0.5
_MOST_WAITING: Final = 64
"""Messages that wait for their turn. What overflows is asked for again."""


@dataclass(frozen=True, slots=True)
class _Order:
    """An admitted command, and the request that it came by."""

    command: Command
    request: Message


_Item = Line | Message | _Order


class Desk:
    """The downlink of the uplink, and a worker of its own: neither waits for the other."""

    def __init__(self, topics: Topics, parts: Parts, requests: Requests, now: Callable[[], datetime]) -> None:
        self._topics = topics
        self.parts = parts
        self._now = now
        self._inbox: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._requests = requests
        self._changes = (-1, -1)

    def policy(self) -> Policy | None:
        """The agency's rules, once there are any. Any thread may ask."""
        return self.parts.policies.current()

    def roster_version(self) -> int | None:
        """The roster that holds, once one does. Any thread may ask."""
        return self.parts.roster.version or None

    def connected(self, line: Line) -> None:
        """See `Downlink`."""
        self._inbox.put(line)

    def heard(self, message: Message) -> None:
        """See `Downlink`. A document that is too large is not kept waiting: it would fill the memory."""
        if len(message.payload) > LARGEST:
            message = Message(message.topic, b" " * (LARGEST + 1))
        if self._inbox.qsize() < _MOST_WAITING:
            self._inbox.put(message)
        else:
            log.warning("more comes down than can be looked at: the rest is asked for again")
            self._requests.missed = True

    def commanded(self, command: Command, request: Message) -> bool:
        """See `Downlink`."""
        admitted = self.parts.commands.admit(command, request.payload)
        if admitted:
            self._inbox.put(_Order(command, request))
        return admitted

    def refused(self, message: Message, error: ContractError) -> None:
        """See `Downlink`."""
        kind: Kind = "receipt" if message.topic == self._topics.receipt else "command"
        self.parts.refusals.add(Refusal(kind, reason_of(error), str(error)))

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            beat()
            self.turn(_TURN_S)

    def turn(self, wait_s: float = 0.0) -> None:
        """Take in what has come, waiting for it as long as said, and make hold what can hold."""
        try:
            self._take_in(wait_s)
            self.settle()
            self._requests.ask(self.parts.roster.missing)
            self.parts.refusals.tell()
        except StoreRetryable as error:  # a full disk: what was lost by it is asked for again
            log.warning("the agency's documents wait: %s", error)
            self._requests.missed = True
        self.parts.notice.tick()

    def settle(self) -> None:
        """Make hold what is in the store, when anybody has changed it or the people since the last look."""
        parts = self.parts
        changes = (parts.store.changes(), parts.people.version())
        if changes == self._changes:
            return
        self._read()
        parts.policies.settle()
        parts.roster.settle()
        self._changes = changes

    def _read(self) -> None:
        for read in (self.parts.policies.read, self.parts.roster.read):
            try:
                read()
            except RefusedError as error:
                self.parts.refusals.add(error.refusal)

    def _take_in(self, wait_s: float) -> None:
        try:
            item = self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait()
            while True:
                self._take(item)
                item = self._inbox.get_nowait()
        except queue.Empty:
            return

    def _take(self, item: _Item) -> None:
        match item:
            case Message():
                self._document(item)
            case _Order():
                self._do(item)
            case _:
                self._requests.begin(item)

    def _do(self, order: _Order) -> None:
        if isinstance(order.command, Reload):
            self._changes = (-1, -1)
            self._requests.again()
        reply = self.parts.commands.do(order.command, self._now())
        self._requests.answer(order.request, reply.model_dump_json().encode())

    def _document(self, message: Message) -> None:
        acceptance, roster = self.parts.acceptance, self.parts.roster
        try:
            if message.topic == self._topics.policy:
                taken = acceptance.policy(message.payload)
            elif message.topic == self._topics.manifest:
                taken = acceptance.manifest(message.payload)
            elif not message.payload:
                # An empty message is not signed: only the manifest can say that somebody is erased.
                return
            else:
                person = message.topic.removeprefix(f"{self._topics.people}/")
                self._requests.answered(person)
                taken = acceptance.person(person, message.payload, roster.manifest)
        except RefusedError as error:
            self.parts.refusals.add(error.refusal)
            return
        if taken == "kept":
            self._changes = (-1, -1)  # this thread's own changes are not seen by the numbers
            self.settle()
