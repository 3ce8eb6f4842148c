"""The worker that takes in what comes from the agency and makes it hold.

    broker ──uplink──> [desk] ══documents.db══> [vision] embeds, puts people
    USB stick ─────────────────────^

What has to be done is known by the store, so it does not matter who put a document there.
"""

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import Final

from kiosk.documents.parts import Parts
from kiosk.documents.refusals import Kind, Refusal, RefusedError, reason_of
from kiosk.documents.requests import Requests
from kiosk.plumbing.worker import Beat
from kiosk.witness.clock import Clock
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

_AGAIN_S: Final = 10.0
"""How soon what a full disk kept from being told is tried again."""


@dataclass(frozen=True, slots=True)
class _Order:
    """An admitted command, and the request that it came by."""

    command: Command
    request: Message


_Item = Line | Message | _Order | None


class Desk:
    """The downlink of the uplink, and a worker of its own: neither waits for the other."""

    def __init__(self, topics: Topics, parts: Parts, requests: Requests, clock: Clock) -> None:
        self._topics = topics
        self.parts = parts
        self._clock = clock
        self._inbox: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._requests = requests
        self._beat: Beat = lambda: None
        self._changes = (-1, -1)
        self._again_s = float("inf")  # monotonic instant at which to look although nothing has changed

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

    def wake(self) -> None:
        """End the wait that a turn may be in. Any thread may."""
        self._inbox.put(None)

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Work until `stop` is set."""
        self._beat = beat
        while not stop.is_set():
            beat()
            self.turn(_TURN_S)

    def turn(self, wait_s: float = 0.0) -> None:
        """Take in the next thing that comes, waiting for it as long as said, and make hold what can hold."""
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
        """Make hold what is in the store, when anybody has changed it or the people since the last look, or something
        is still to be told."""
        parts = self.parts
        changes = (parts.store.changes(), parts.people.changes())
        if changes == self._changes and time.monotonic() < self._again_s:
            return
        self._read()
        told = [parts.policies.settle(), parts.roster.settle(self._beat)]
        self._changes = changes
        self._again_s = float("inf") if all(told) else time.monotonic() + _AGAIN_S

    def _read(self) -> None:
        for read in (self.parts.policies.read, self.parts.roster.read):
            try:
                read()
            except RefusedError as error:
                self.parts.refusals.add(error.refusal)

    def _take_in(self, wait_s: float) -> None:
        """One thing a turn: it may take seconds, and the heart beats between two turns."""
        try:
            item = self._inbox.get(timeout=wait_s) if wait_s else self._inbox.get_nowait()
        except queue.Empty:
            return
        self._take(item)

    def _take(self, item: _Item) -> None:
        match item:
            case None:
                return
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
        reply = self.parts.commands.do(order.command, self._clock.moment().at)
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
            self.settle()
