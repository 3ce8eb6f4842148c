"""What people do at the screen, put together for the web server."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar, get_args

from kiosk.attendance.registrar import Presence, Registrar
from kiosk.clock.clock import Clock
from kiosk.clock.event_log import EventLog
from kiosk.counter.officers import OfficerSessions, entries_of_today, everybody, known_people
from kiosk.counter.pins import PinAuthenticator
from kiosk.dialogue.dialogue import Dialogue
from kiosk.people import People
from kiosk.recognition.observation import BestFrame
from kiosk.recognition.vision_jobs import NotDoneError, VisionContext, VisionJobs
from kiosk.runtime.version import VERSION
from kiosk.screen import Phrase, Screen
from kiosk.screen.state import ChoiceName
from kiosk.web.actions import ActionRefusedError, ActionReply, Officer
from kiosk.web.messages import Checks, Overview, TestName
from models.face import Box
from sync.contract import PinReason
from sync.errors import StoreRetryable
from sync.ledger import Ledger

log = logging.getLogger(__name__)

_WAIT_S: Final = 2.0
_FRESH_S: Final = 2.0
"""An older picture, of a camera that is lost, may show somebody else."""

_SAME_S: Final = 0.5


def photo(jobs: VisionJobs) -> BestFrame | None:
    """The newest picture, with the face where recognition saw one, else the whole of it; None without a camera."""
    try:
        return jobs.run(_best_frame, _WAIT_S)
    except NotDoneError as error:
        log.warning("a record by PIN has no photo: %s", error)
        return None


def _best_frame(context: VisionContext) -> BestFrame | None:
    frame = context.frame
    if frame is None or time.monotonic() - frame.at_s > _FRESH_S:
        return None
    observation = None if context.analysis is None else context.analysis.observation
    if observation is not None and observation.box is not None and abs(frame.at_s - observation.at_s) < _SAME_S:
        return BestFrame(frame.image, observation.box)
    height, width = frame.image.shape[:2]
    return BestFrame(frame.image, Box(0, 0, width, height))


T = TypeVar("T")


class Enroller(Protocol):
    """What enrols people before the camera."""

    def begin(self, officer: str, person: str, *, consent: bool) -> str:
        """Begin an enrolment; returns the text for the officer. ActionRefusedError when that cannot be."""

    def decide(self, *, although_alike: bool) -> str:
        """The officer's word on a look-alike. ActionRefusedError when nobody waits for it."""

    def cancel(self) -> str:
        """Cancel the enrolment. ActionRefusedError when there is none."""


@dataclass(frozen=True, slots=True)
class ScreenActions:
    """The `Actions` of a kiosk. `photo` takes a picture of who stands there, `check` tries something out."""

    ledger: Ledger
    people: People
    clock: Clock
    event_log: EventLog
    screen: Screen
    registrar: Registrar
    dialogue: Dialogue
    pins: PinAuthenticator
    officers: OfficerSessions
    enroller: Enroller
    photo: Callable[[], BestFrame | None]
    check: Callable[[TestName], Checks]

    def answer(self, card: str, choice: ChoiceName) -> ActionReply:
        """Take the choice of a card; 409 when it is too late for it."""
        return self._said(lambda: self.dialogue.answer(card, choice))

    def by_pin(self, nip: str, pin: str, reason: str) -> ActionReply:
        """Record the attendance of somebody by PIN; 403 when that is refused, 429 when there were too many tries."""
        return self._said(lambda: self._by_pin(nip, pin, reason))

    def sign_in(self, nip: str, pin: str) -> Officer | ActionReply:
        """Begin an officer's session; 403 and 429 as for `by_pin`."""
        return self._tried(lambda: self._sign_in(nip, pin))

    def sign_out(self, officer: str) -> ActionReply:
        """End the officer's session."""
        return self._said(lambda: self._sign_out(officer))

    def overview(self, officer: str) -> Overview | ActionReply:
        """What the kiosk is and holds."""
        return self._tried(lambda: self._overview(officer))

    def test(self, officer: str, what: TestName) -> Checks | ActionReply:
        """Try something out."""

        def check() -> Checks:
            self.officers.at_work(officer)
            return self.check(what)

        return self._tried(check)

    def enrol(self, officer: str, person: str, *, consent: bool) -> ActionReply:
        """Begin to enrol somebody; how it goes comes as `Enrolment` by the screen."""
        return self._said(lambda: self.enroller.begin(self.officers.at_work(officer).person, person, consent=consent))

    def enrol_answer(self, officer: str, *, although_alike: bool) -> ActionReply:
        """Decide on somebody who looks like somebody enrolled."""

        def decide() -> str:
            self.officers.at_work(officer)
            return self.enroller.decide(although_alike=although_alike)

        return self._said(decide)

    def enrol_cancel(self, officer: str) -> ActionReply:
        """Cancel the enrolment."""

        def cancel() -> str:
            self.officers.at_work(officer)
            return self.enroller.cancel()

        return self._said(cancel)

    def _by_pin(self, nip: str, pin: str, reason: str) -> str:
        stage = self.registrar.stage()
        if not stage.recognises:
            raise ActionRefusedError(403, Phrase("inactive"))
        given = next((known for known in _reasons() if known == reason), None)
        if given is None:
            raise ActionRefusedError(403, Phrase("pin_reason_wrong"))
        owner = self.pins.owner(nip, pin, "record")
        best_frame = None if stage.name == "socialisation" else self.photo()
        schedule = owner.details.schedule
        result = self.registrar.attend(Presence(owner.id, schedule, reason=given, best_frame=best_frame))
        card = self.dialogue.tell(result, {owner.id: owner.details.called})
        if result.outcome in ("inactive", "holiday", "closed"):
            raise ActionRefusedError(403, Phrase(result.outcome))
        return card.text

    def _sign_in(self, nip: str, pin: str) -> Officer:
        session = self.officers.sign_in(nip, pin)
        return Officer(session.word, session.name)

    def _sign_out(self, officer: str) -> str:
        self.officers.sign_out(officer)
        return self._words(Phrase("officer_bye"))

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

    def _said(self, act: Callable[[], str]) -> ActionReply:
        found = self._tried(act)
        return found if isinstance(found, ActionReply) else ActionReply(200, found)

    def _tried(self, act: Callable[[], T]) -> T | ActionReply:
        """Refusals, and a disk that takes nothing now, in words."""
        try:
            return act()
        except ActionRefusedError as error:
            return ActionReply(error.status, self._words(error.line))
        except StoreRetryable as error:
            self.event_log.refused(error)
            return ActionReply(503, self._words(Phrase("storage")))

    def _words(self, line: Phrase) -> str:
        return self.screen.words.say(line)


def _reasons() -> tuple[PinReason, ...]:
    return get_args(PinReason)
