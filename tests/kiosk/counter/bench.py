"""The counter of a kiosk with its real stores, on a machine whose clock the test sets."""

from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
from argon2 import PasswordHasher

from kiosk.attendance.evidence import EvidenceVault
from kiosk.attendance.registrar import Registrar
from kiosk.clock.clock import SystemClock, mark_of
from kiosk.clock.event_log import EventLog
from kiosk.counter.counter import ScreenActions
from kiosk.counter.officers import OfficerSessions
from kiosk.counter.pins import PinAttempts, PinAuthenticator
from kiosk.dialogue.dialogue import Dialogue
from kiosk.people import Details, EnrolledGallery, People, Shot
from kiosk.people.acceptance import Verdict
from kiosk.position.place import Site, TrackLimits, place_of
from kiosk.recognition.observation import BestFrame
from kiosk.recognition.outcome import Kind, VisitOutcome
from kiosk.screen import Card, Chips, Screen
from kiosk.storage.vault import DeviceSecret
from kiosk.web.actions import ActionReply
from kiosk.web.messages import CheckMessage, Checks, TestName
from models.calibration import Acceptance
from models.gallery import Gallery, Identity
from models.quality import Reason
from sync.contract import Entry, RecordEntry
from sync.documents.policy import Policy
from sync.ledger import Ledger
from tests.kiosk.machines import SetMachine
from tests.kiosk.policies import WITA, local, policy

SITI, BUDI, TUTI = "199001012014032001", "198609262015051001", "198802292014032903"
"""NIP: of an officer, of somebody else, and of somebody without a PIN. A fourth person has no NIP."""

PIN_OF = {SITI: "483920", BUDI: "905172"}
NAMES = {"siti": "Siti Aminah", "budi": "Budi", "tuti": "Tuti", "anton": "Anton"}
NIPS = {"siti": SITI, "budi": BUDI, "tuti": TUTI}
PEOPLE = {"siti": np.eye(2, dtype=np.float32)[0], "budi": np.eye(2, dtype=np.float32)[1]}
GALLERY = EnrolledGallery(Gallery("test", PEOPLE), NAMES, {}, Acceptance(0.6, 0.05, 0.1, 1e-4), frozenset(), {}, ())
TRIAL = policy((local("2026-01-01T00:00:00"), "trial"))
SITE = Site(0.504889, 117.546295, 50.0)
CHIPS = Chips(
    at="2026-01-05T07:20:00+08:00", zone="WITA", stage="trial", online=True, waiting=0, place="site", clock=True
)


_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A cheap hasher. A hash text holds its own cost parameters, so that it is checked as any other."""


@cache
def _hashed(pin: str) -> str:
    return _QUICK.hash(pin)


class NoEnroller:
    """Nobody is enrolled in these tests: it says what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def begin(self, officer: str, person: str, *, consent: bool) -> str:
        self.asked.append(("begin", officer, person, consent))
        return "begun"

    def decide(self, *, although_alike: bool) -> str:
        self.asked.append(("decide", although_alike))
        return "decided"

    def cancel(self) -> str:
        self.asked.append(("cancel",))
        return "left"


class Bench:
    """Everything that the web server's actions need, but the web server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine = SetMachine(rtc_there=True)
        self.policy: Policy = TRIAL
        self.ledger = Ledger(folder / "ledger.db", "lobby", "sangatta-utara")
        self.people = People(folder / "people.db", DeviceSecret.of(folder, {}))
        self.evidence: EvidenceVault | None = None
        self.best_frame: BestFrame | None = None
        self.photos = 0
        self.enroller = NoEnroller()

    def start(self) -> None:
        """Builds the parts anew, as a start of the daemon does."""
        self.ledger.open()
        self.people.__enter__()
        self.clock = SystemClock(WITA, mark_of(self.ledger.last_at), self.machine)
        self.screen = Screen(monotonic=self.machine.monotonic)
        self.event_log = EventLog(self.ledger, self.clock, self.screen)
        place = lambda moment: place_of([], SITE, moment.monotonic_s, TrackLimits())  # noqa: E731
        self.registrar = Registrar(
            self.ledger,
            lambda: self.policy,
            place=place,
            clock=self.clock,
            evidence=self.evidence,
            asks=lambda: self.screen.watched,
        )
        self.dialogue = Dialogue(self.registrar, self.event_log, self.screen, monotonic=self.machine.monotonic)
        pins = PinAuthenticator(self.people, PinAttempts(self.ledger, self.clock), self.event_log, self.clock)
        self.officers = OfficerSessions(pins, self.event_log, self.machine.monotonic)
        self.counter = ScreenActions(
            ledger=self.ledger,
            people=self.people,
            clock=self.clock,
            event_log=self.event_log,
            screen=self.screen,
            registrar=self.registrar,
            dialogue=self.dialogue,
            pins=pins,
            officers=self.officers,
            enroller=self.enroller,
            photo=self._photo,
            check=self._check,
        )

    def stop(self) -> None:
        self.ledger.close()
        self.people.__exit__(None, None, None)

    def staff(self) -> None:
        """Four people, of whom the first is an officer and the second has no face here."""
        shot = Shot(np.eye(128, dtype=np.float32)[0], None)
        for person, name in NAMES.items():
            nip = NIPS.get(person)
            pin = PIN_OF.get(nip or "")
            details = Details(name=name, nip=nip, pin=pin and _hashed(pin), officer=person == "siti")
            shots = [] if person == "budi" else [shot]
            self.people.put(person, details, "test@1", shots, self.clock.moment().at, "roster", 1)

    def at(self, text: str) -> None:
        """Sets the true time; the boot goes on."""
        self.machine.true_s += (local(text) - self.machine.wall()).total_seconds()

    def later(self, **how: float) -> None:
        self.machine.true_s += timedelta(**how).total_seconds()

    def watch(self) -> None:
        """A page is connected."""
        self.screen.listen(lambda _message: None)

    def chips(self, **changes: object) -> None:
        self.screen.tick(CHIPS.model_copy(update=changes))

    def comes(self, person: str | None = "siti", kind: Kind = "identified", verdict: Verdict | None = None) -> Card:
        """Registers the outcome of a visit."""
        nearest = None if person is None else Identity(person, 0.7, 0.2, None)
        reasons = ((Reason.TOO_FAR, 4),) if kind == "refused" else ()
        visit = VisitOutcome(kind, 1.0, 1.0, 0.2, 5, nearest, verdict, reasons)
        self.dialogue.register(visit, GALLERY, self.best_frame)
        return self.card

    def gives(self, nip: str, pin: str | None = None, reason: str = "injury") -> ActionReply:
        """Somebody types a NIP and a PIN, theirs where none is named."""
        return self.counter.by_pin(nip, PIN_OF[nip] if pin is None else pin, reason)

    @property
    def card(self) -> Card:
        card = self.screen.state.card
        assert card is not None
        return card

    def entries(self) -> list[Entry]:
        return list(self.ledger.entries())

    def records(self) -> list[RecordEntry]:
        return [entry for entry in self.entries() if isinstance(entry, RecordEntry)]

    def events(self, kind: str) -> list[dict[str, object]]:
        """The details of every event of a type."""
        found = [entry.body for entry in self.entries() if not isinstance(entry, RecordEntry)]
        return [body.detail.model_dump(mode="json") for body in found if body.type == kind]

    def fill_disk(self) -> None:
        """Makes the ledger refuse every entry from now on."""
        connection = self.ledger._database.connection
        connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")

    def _photo(self) -> BestFrame | None:
        self.photos += 1
        return self.best_frame

    def _check(self, what: TestName) -> Checks:
        return Checks(checks=(CheckMessage(what=what, ok=True, text="fine"),))
