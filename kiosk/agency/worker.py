"""The worker that receives the agency's documents and puts them into force.

    broker --uplink--> [agency worker] ==documents.db==> [vision worker] embeds photos, stores people
    USB stick ------------------------------^

What remains to be done is read from the store, so that it does not matter which process has put a document there.
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

_TURN_S: Final = 0.5
"""How long one turn of the worker waits for a message."""

_MOST_WAITING: Final = 64
"""The most messages in the inbox. Messages beyond it are dropped and asked for again."""

_RETRY_S: Final = 10.0
"""After this time, an event that a full disk prevented is tried again."""

_AT_ONCE: Final = 20
"""How many people are asked for at a time: their documents must fit into memory and the broker's queue."""

_AGAIN_S: Final = 60.0
"""After this time, a document that has not come is asked for again."""


@dataclass(frozen=True, slots=True)
class AgencyParts:
    """The parts of the agency worker, which share one store of documents and one store of people."""

    store: Documents
    people: People
    acceptance: DocumentAcceptance
    roster: RosterInForce
    policies: PolicyInForce
    refusals: Refusals
    commands: Commands
    notice: ScreenNotice


class DocumentRequests:
    """Asks the broker for documents on the current connection. It belongs to one thread, except `missed`.

    `documents` is False when no key of the agency is pinned: then documents cannot be verified and are not asked for.
    """

    def __init__(self, topics: Topics, monotonic: Callable[[], float], *, documents: bool) -> None:
        self._documents = documents
        self.missed = False  # a message was dropped and must be asked for again
        self._topics = topics
        self._monotonic = monotonic
        self._channel: DownlinkChannel | None = None
        self._asked_s: dict[str, float] = {}  # when each person was asked for
        self._open: set[str] = set()  # those of them whose documents have not come
        self._begun_s = 0.0

    def begin(self, channel: DownlinkChannel) -> None:
        """Subscribes to policy, manifest and new documents of people on `channel`, a new connection or the same."""
        self.missed = False
        self._channel, self._begun_s = channel, self._monotonic()
        self._asked_s.clear()
        self._open.clear()
        if not self._documents:
            return
        # Not the retained documents of people, which are those of everybody: `ask` asks for the ones that are missing.
        people = Subscription(f"{self._topics.people}/+", retained=False)
        channel.subscribe(people, Subscription(self._topics.policy), Subscription(self._topics.manifest))

    def again(self) -> None:
        """Asks again for policy and manifest, which the broker retains."""
        if self._channel is not None:
            self.begin(self._channel)

    def answer(self, request: IncomingMessage, payload: bytes) -> None:
        """Answers a command on the current connection."""
        if self._channel is not None:
            self._channel.answer(request, payload)

    def answered(self, person: str) -> None:
        """Notes that a document of this person has come, whether it is accepted or not."""
        self._open.discard(person)

    def ask(self, missing: Callable[[], Sequence[str]]) -> None:
        """Asks for the documents of people who are missing, a few at a time, the longest waiting first."""
        if self._channel is None:
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
            self._channel.subscribe(Subscription(self._topics.person(person)))


@dataclass(frozen=True, slots=True)
class _Order:
    """An admitted command, and the message that it came with."""

    command: Command
    request: IncomingMessage


_Item = DownlinkChannel | IncomingMessage | _Order | None


class AgencyWorker:
    """Receives messages as the uplink's `Downlink`, and handles them in a thread of its own.

    An inbox lies between the two, so that the uplink never waits for a document to be handled.
    """

    def __init__(self, topics: Topics, parts: AgencyParts, requests: DocumentRequests, clock: Clock) -> None:
        self._topics = topics
        self.parts = parts
        self._clock = clock
        self._inbox: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._requests = requests
        self._beat: Beat = lambda: None
        self._changes = (-1, -1)
        self._again_s = float("inf")  # the monotonic instant of the next look without a change

    def policy(self) -> Policy | None:
        """Returns the policy in force, None until there is one. Any thread may call it."""
        return self.parts.policies.current()

    def roster_version(self) -> int | None:
        """Returns the version of the roster in force, None until there is one. Any thread may call it."""
        return self.parts.roster.version or None

    def connected(self, channel: DownlinkChannel) -> None:
        """See `Downlink`."""
        self._inbox.put(channel)

    def heard(self, message: IncomingMessage) -> None:
        """See `Downlink`. The content of a document that is too large is dropped at once, to spare the memory."""
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
        """Ends the wait of a turn. Any thread may call it."""
        self._inbox.put(None)

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Handles messages until `stop` is set."""
        self._beat = beat
        while not stop.is_set():
            beat()
            self.turn(_TURN_S)

    def turn(self, wait_s: float = 0.0) -> None:
        """Handles one message, for which it waits `wait_s` seconds, and puts into force what can be put."""
        try:
            self._take_in(wait_s)
            self.reconcile()
            self._requests.ask(self.parts.roster.missing)
            self.parts.refusals.tell()
        except StoreRetryable as error:  # a full disk: a document that was lost is asked for again
            log.warning("the agency's documents wait: %s", error)
            self._requests.missed = True
        self.parts.notice.tick()

    def reconcile(self) -> None:
        """Puts the stored documents into force.

        It does nothing when neither documents nor people have changed since the last look and no event is due.
        """
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
        """Handles one item of the inbox. It may take seconds, and the heartbeat comes between two turns."""
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
