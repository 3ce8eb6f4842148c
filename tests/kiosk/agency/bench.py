"""The bench of the tests of kiosk/agency: an agency worker with real stores."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import numpy as np

from kiosk.agency.refusals import Refusal, RefusedError
from kiosk.agency.store import Documents
from kiosk.agency.worker import AgencyWorker
from kiosk.app import parts
from kiosk.app.parts import Stores
from kiosk.clock.event_log import EventLog
from kiosk.people import Details, People, Shot
from kiosk.people.store import Origin
from kiosk.screen import Screen
from kiosk.settings import Settings
from models.gallery import Vector, unit
from sync.contract import DocumentRefusedDetail, EventBody
from sync.contract.topics import Topics
from sync.ledger import Ledger
from sync.mqtt.broker import IncomingMessage

MODEL = "a-model@sha256:0"
DIMENSION = 32


@dataclass(frozen=True, slots=True)
class Bench:
    """An agency worker, and every store that it changes."""

    settings: Settings
    stores: Stores
    screen: Screen
    event_log: EventLog
    worker: AgencyWorker

    @classmethod
    def of(cls, settings: Settings, stores: Stores, model: str = MODEL) -> Self:
        """Returns a bench whose embedder is `model`."""
        screen, clock = Screen(), parts.clock(settings, stores.ledger.last_at)
        event_log = EventLog(stores.ledger, clock, screen)
        return cls(
            settings, stores, screen, event_log, parts.agency_worker(settings, stores, event_log, screen, clock, model)
        )

    @property
    def store(self) -> Documents:
        return self.stores.documents

    @property
    def people(self) -> People:
        return self.stores.people

    @property
    def ledger(self) -> Ledger:
        return self.stores.ledger

    @property
    def topics(self) -> Topics:
        return parts.topics(self.settings)

    def restarted(self, model: str = MODEL) -> "Bench":
        """Returns a bench with the same stores, as after a restart of the program."""
        return Bench.of(self.settings, self.stores, model)

    def hear(self, topic: str, payload: bytes) -> None:
        """Delivers a message and gives the worker a turn."""
        self.worker.heard(IncomingMessage(topic, payload))
        self.worker.turn()

    def policy(self, payload: bytes) -> None:
        self.hear(self.topics.policy, payload)

    def manifest(self, payload: bytes) -> None:
        self.hear(self.topics.manifest, payload)

    def person(self, person: str, payload: bytes) -> None:
        self.hear(self.topics.person(person), payload)

    def enrol(self, person: str, at_the_wall: bool = True, version: int = 0) -> None:
        """Stores a person who is enrolled already."""
        now = datetime.now(UTC)
        shots = [Shot(face(0), b"png")]
        origin: Origin = "wall" if at_the_wall else "roster"
        self.people.put(person, Details(name="Somebody"), MODEL, shots, now, origin, version)

    def events(self, kind: str) -> list[EventBody]:
        """Returns the events of a type, oldest first."""
        bodies = [entry.body for entry in self.ledger.entries() if entry.kind == "event"]
        return [body for body in bodies if body.type == kind]

    def refused(self) -> list[tuple[str, str, int]]:
        """Returns what was refused, why, and how often."""
        details = [body.detail for body in self.events("document_refused")]
        assert all(isinstance(detail, DocumentRefusedDetail) for detail in details)
        return [(detail.document, detail.reason, detail.times) for detail in details]


def face(axis: int) -> Vector:
    """Returns a made-up unit vector."""
    vector = np.random.default_rng(axis).normal(0, 0.02, DIMENSION)
    vector[axis] += 1
    return unit(vector.astype(np.float32))


def refusal_of(act: Callable[[], object]) -> Refusal:
    """Returns the refusal that `act` raises."""
    try:
        act()
    except RefusedError as error:
        return error.refusal
    raise AssertionError("it was taken")
