"""What people do at the screen, put together for the web server."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar, get_args

from kiosk.attendance.registrar import Presence, Registrar
from kiosk.clock.clock import Clock
from kiosk.clock.event_log import Notes
from kiosk.counter.officers import Officers, entries_of_today, everybody, known_people
from kiosk.counter.pins import Pins
from kiosk.dialogue.dialogue import Dialogue
from kiosk.people import People
from kiosk.recognition.observation import Sighting
from kiosk.recognition.vision_jobs import Booth, Errands, NotDoneError
from kiosk.runtime.version import VERSION
from kiosk.screen import Line, Screen
from kiosk.web.actions import CounterError, Officer, Said
from kiosk.web.messages import Checks, Choice, Overview, Trial
from models.face import Box
from sync.contract import PinReason
from sync.errors import StoreRetryable
from sync.ledger import Ledger

log = logging.getLogger(__name__)

_WAIT_S: Final = 2.0
_FRESH_S: Final = 2.0
"""An older picture, of a camera that is lost, may show somebody else."""

_SAME_S: Final = 0.5


def photo(errands: Errands) -> Sighting | None:
    """The newest picture, with the face where recognition saw one, else the whole of it; None without a camera."""
    try:
        return errands.run(_sighting, _WAIT_S)
    except NotDoneError as error:
        log.warning("a record by PIN has no photo: %s", error)
        return None


def _sighting(booth: Booth) -> Sighting | None:
    frame = booth.frame
    if frame is None or time.monotonic() - frame.at_s > _FRESH_S:
        return None
    sight = None if booth.view is None else booth.view.sight
    if sight is not None and sight.box is not None and abs(frame.at_s - sight.at_s) < _SAME_S:
        return Sighting(frame.image, sight.box)
    height, width = frame.image.shape[:2]
    return Sighting(frame.image, Box(0, 0, width, height))


T = TypeVar("T")


class Enroller(Protocol):
    """What enrols people before the camera."""

    def begin(self, officer: str, person: str, *, consent: bool) -> str:
        """Begin; what the officer is told. CounterError when that cannot be."""

    def decide(self, *, although_alike: bool) -> str:
        """The officer's word on a look-alike. CounterError when nobody waits for it."""

    def cancel(self) -> str:
        """Leave it. CounterError when there is none."""


@dataclass(frozen=True, slots=True)
class Counter:
    """The `Actions` of a kiosk. `photo` takes a picture of who stands there, `check` tries something out."""

    ledger: Ledger
    people: People
    clock: Clock
    notes: Notes
    screen: Screen
    registrar: Registrar
    dialogue: Dialogue
    pins: Pins
    officers: Officers
    enroller: Enroller
    photo: Callable[[], Sighting | None]
    check: Callable[[Trial], Checks]

    def answer(self, card: str, choice: Choice) -> Said:
        """Take the choice of a card; 409 when it is too late for it."""
        return self._said(lambda: self.dialogue.answer(card, choice))

    def by_pin(self, nip: str, pin: str, reason: str) -> Said:
        """Record the attendance of somebody by PIN; 403 when that is refused, 429 when there were too many tries."""
        return self._said(lambda: self._by_pin(nip, pin, reason))

    def sign_in(self, nip: str, pin: str) -> Officer | Said:
        """Begin an officer's session; 403 and 429 as for `by_pin`."""
        return self._tried(lambda: self._sign_in(nip, pin))

    def sign_out(self, officer: str) -> Said:
        """End it."""
        return self._said(lambda: self._sign_out(officer))

    def overview(self, officer: str) -> Overview | Said:
        """What the kiosk is and holds."""
        return self._tried(lambda: self._overview(officer))

    def test(self, officer: str, what: Trial) -> Checks | Said:
        """Try something out."""

        def check() -> Checks:
            self.officers.at_work(officer)
            return self.check(what)

        return self._tried(check)

    def enrol(self, officer: str, person: str, *, consent: bool) -> Said:
        """Begin to enrol somebody; how it goes comes as `Enrolment` by the screen."""
        return self._said(lambda: self.enroller.begin(self.officers.at_work(officer).person, person, consent=consent))

    def enrol_answer(self, officer: str, *, although_alike: bool) -> Said:
        """Decide on somebody who looks like somebody enrolled."""

        def decide() -> str:
            self.officers.at_work(officer)
            return self.enroller.decide(although_alike=although_alike)

        return self._said(decide)

    def enrol_cancel(self, officer: str) -> Said:
        """Leave the enrolment."""

        def cancel() -> str:
            self.officers.at_work(officer)
            return self.enroller.cancel()

        return self._said(cancel)

    def _by_pin(self, nip: str, pin: str, reason: str) -> str:
        stage = self.registrar.stage()
        if not stage.recognises:
            raise CounterError(403, Line("inactive"))
        given = next((known for known in _reasons() if known == reason), None)
        if given is None:
            raise CounterError(403, Line("pin_reason_wrong"))
        owner = self.pins.owner(nip, pin, "record")
        sighting = None if stage.name == "socialisation" else self.photo()
        schedule = owner.details.schedule
        result = self.registrar.attend(Presence(owner.id, schedule, reason=given, sighting=sighting))
        card = self.dialogue.tell(result, {owner.id: owner.details.called})
        if result.outcome in ("inactive", "holiday", "closed"):
            raise CounterError(403, Line(result.outcome))
        return card.text

    def _sign_in(self, nip: str, pin: str) -> Officer:
        session = self.officers.sign_in(nip, pin)
        return Officer(session.word, session.name)

    def _sign_out(self, officer: str) -> str:
        self.officers.sign_out(officer)
        return self._words(Line("officer_bye"))

    def _overview(self, officer: str) -> Overview:
        session, stage, counts = self.officers.at_work(officer), self.registrar.stage(), self.ledger.counts()
        people = known_people(self.people)
        return Overview(
            name=session.name,
            stage=stage.name,
            decree=stage.decree,
            version=VERSION,
            unsent=counts.unsent,
            waiting=counts.waiting,
            entries=entries_of_today(self.ledger, people, self.screen.words, self.clock.moment().best),
            people=everybody(people),
        )

    def _said(self, act: Callable[[], str]) -> Said:
        found = self._tried(act)
        return found if isinstance(found, Said) else Said(200, found)

    def _tried(self, act: Callable[[], T]) -> T | Said:
        """Refusals, and a disk that takes nothing now, in words."""
        try:
            return act()
        except CounterError as error:
            return Said(error.status, self._words(error.line))
        except StoreRetryable as error:
            self.notes.refused(error)
            return Said(503, self._words(Line("storage")))

    def _words(self, line: Line) -> str:
        return self.screen.words.say(line)


def _reasons() -> tuple[PinReason, ...]:
    return get_args(PinReason)
