"""The worker that takes in the agency's documents and puts them into force.

    broker --uplink--> [agency worker] ==documents.db==> [vision] embeds, stores people
    USB stick ------------------------------^

What is still to be done is read from the store, so it does not matter who put a document there.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kiosk.agency.acceptance import DocumentAcceptance
from kiosk.agency.commands import Commands, ScreenNotice
from kiosk.agency.policies import PolicyInForce
from kiosk.agency.refusals import Kind, Refusal, Refusals, RefusedError, reason_of
from kiosk.agency.roster import RosterInForce
from kiosk.agency.store import Documents
from kiosk.clock.clock import Clock
from kiosk.people import People
from kiosk.runtime.worker import Beat
from sync.contract.topics import Topics
from sync.documents.command import Command, Reload
from sync.documents.envelope import LARGEST
from sync.documents.policy import Policy
from sync.errors import ContractError, StoreRetryable
from sync.mqtt.broker import IncomingMessage
from sync.mqtt.downlink import DownlinkChannel, Subscription

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AgencyParts:
    """One of each."""

    store: Documents
    people: People
    acceptance: DocumentAcceptance
    roster: RosterInForce
    policies: PolicyInForce
    refusals: Refusals
    commands: Commands
    notice: ScreenNotice


_AT_ONCE: Final = 20
"""People who are asked for at a time: so much has to have room in memory and in the broker's queue."""

_AGAIN_S: Final = 60.0
"""What has not come by then is asked for again."""


class DocumentRequests:
    """What is asked for on the connection of now: `documents` only where they can be judged. For one thread, except
    `missed`."""

    def __init__(self, topics: Topics, monotonic: Callable[[], float], *, documents: bool) -> None:
        self._documents = documents
        self.missed = False  # something was not taken in and has to come again
        self._topics = topics
        self._monotonic = monotonic
        self._line: DownlinkChannel | None = None
        self._asked_s: dict[str, float] = {}  # everybody who was asked for, and when
        self._open: set[str] = set()  # of those, who has not come yet
        self._begun_s = 0.0

    def begin(self, line: DownlinkChannel) -> None:
        """Ask anew, on a new connection or again."""
        self.missed = False
        self._line, self._begun_s = line, self._monotonic()
        self._asked_s.clear()
        self._open.clear()
        if not self._documents:
            return
        # Of people, only what is published from now on: the broker keeps everybody's document.
        people = Subscription(f"{self._topics.people}/+", retained=False)
        line.subscribe(people, Subscription(self._topics.policy), Subscription(self._topics.manifest))

    def again(self) -> None:
        """Ask again for all that the broker retains."""
        if self._line is not None:
            self.begin(self._line)

    def answer(self, request: IncomingMessage, payload: bytes) -> None:
        """Answer a command on the connection of now."""
        if self._line is not None:
            self._line.answer(request, payload)

    def answered(self, person: str) -> None:
        """A document of that person came, good or not."""
        self._open.discard(person)

    def ask(self, missing: Callable[[], Sequence[str]]) -> None:
        """Ask for those who are missing, a few at a time, the longest waiting first."""
        if self._line is None:
            return
        now_s = self._monotonic()
        if self.missed and now_s - self._begun_s >= _AGAIN_S:
            self.again()
        wanted = {person: self._asked_s.get(person, float("-inf")) for person in missing()}
        due = sorted((person for person in wanted if now_s - wanted[person] >= _AGAIN_S), key=wanted.__getitem__)
        self._open = {person for person in self._open if person in wanted and person not in due}
        for person in due[: _AT_ONCE - len(self._open)]:
            self._asked_s[person] = now_s
            self._open.add(person)
            self._line.subscribe(Subscription(self._topics.person(person)))


_TURN_S: Final = 0.5
_MOST_WAITING: Final = 64
"""Messages that wait for their turn. What overflows is asked for again."""

_RETRY_S: Final = 10.0
"""How soon what a full disk kept from being told is tried again."""


@dataclass(frozen=True, slots=True)
class _Order:
    """An admitted command, and the request that it came by."""

    command: Command
    request: IncomingMessage


_Item = DownlinkChannel | IncomingMessage | _Order | None


class AgencyWorker:
    """The downlink of the uplink, and a worker of its own: neither waits for the other."""

    def __init__(self, topics: Topics, parts: AgencyParts, requests: DocumentRequests, clock: Clock) -> None:
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

    def connected(self, line: DownlinkChannel) -> None:
        """See `Downlink`."""
        self._inbox.put(line)

    def heard(self, message: IncomingMessage) -> None:
        """See `Downlink`. A document that is too large is not kept waiting: it would fill the memory."""
        if len(message.payload) > LARGEST:
            message = IncomingMessage(message.topic, b" " * (LARGEST + 1))
        if self._inbox.qsize() < _MOST_WAITING:
            self._inbox.put(message)
        else:
            log.warning("more comes down than can be looked at: the rest is asked for again")
            self._requests.missed = True

    def commanded(self, command: Command, request: IncomingMessage) -> bool:
        """See `Downlink`."""
        admitted = self.parts.commands.admit(command, request.payload)
        if admitted:
            self._inbox.put(_Order(command, request))
        return admitted

    def refused(self, message: IncomingMessage, error: ContractError) -> None:
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
            self.reconcile()
            self._requests.ask(self.parts.roster.missing)
            self.parts.refusals.tell()
        except StoreRetryable as error:  # a full disk: what was lost by it is asked for again
            log.warning("the agency's documents wait: %s", error)
            self._requests.missed = True
        self.parts.notice.tick()

    def reconcile(self) -> None:
        """Make hold what is in the store, when anybody has changed it or the people since the last look, or something
        is still to be told."""
        parts = self.parts
        changes = (parts.store.changes(), parts.people.changes())
        if changes == self._changes and time.monotonic() < self._again_s:
            return
        self._read()
        told = [parts.policies.reconcile(), parts.roster.reconcile(self._beat)]
        self._changes = changes
        self._again_s = float("inf") if all(told) else time.monotonic() + _RETRY_S

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
            case IncomingMessage():
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

    def _document(self, message: IncomingMessage) -> None:
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
            self.reconcile()
