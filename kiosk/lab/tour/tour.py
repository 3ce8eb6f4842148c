"""The worker that shows one state after another on a screen, and its actions, which record nothing."""

import threading
import time
from collections.abc import Callable
from typing import Final

from camera import Frame
from kiosk.lab.tour.figure import drawn
from kiosk.lab.tour.steps import NAME, RING, TourScript, TourStep, guide_of
from kiosk.runtime.errors import UsageError
from kiosk.runtime.version import VERSION
from kiosk.runtime.worker import Beat
from kiosk.screen import Phrase, Screen, Words
from kiosk.screen.state import ChoiceName, Enrolment
from kiosk.web.actions import ActionReply, Officer
from kiosk.web.messages import CheckMessage, Checks, Overview, OverviewEntry, OverviewPerson, TestName

_FRAME_S: Final = 1 / 15
_POSE_S: Final = 1.5


class Tour:
    """Shows the steps one after another for `seconds` each, or the step called `only`. `put` takes the frames.

    Raises UsageError when no step has that name.
    """

    def __init__(self, screen: Screen, put: Callable[[Frame], None], seconds: float, only: str | None = None) -> None:
        self.steps = TourScript(screen.words).steps()
        names = [step.name for step in self.steps]
        if only is not None and only not in names:
            raise UsageError(f"the tour has no step {only}; it has: {', '.join(names)}")
        self._screen = screen
        self._put = put
        self._seconds = seconds
        self._only = only
        self._enrolling = threading.Event()
        self._name = ""

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Repeat the steps until `stop` is set."""
        while not stop.is_set():
            for step in self.steps:
                if self._only in (None, step.name) and not stop.is_set():
                    self._stay(step, stop, beat)

    def show(self, step: TourStep) -> None:
        """Show the state of a step on the screen."""
        screen, status = self._screen, f"tour: {step.name}"
        if (card := screen.state.card) is not None:
            screen.clear(card.id, status=status)
        screen.tick(step.chips)
        screen.enrolling(step.enrolment)
        screen.stand(step.banner, status=status)
        if step.tone != "plain":
            screen.say(step.banner, status=status, tone=step.tone)
        if step.card is not None:
            screen.show(step.card, status=status)

    def draw(self, step: TourStep, share: float) -> None:
        """Put one frame of a step and its guide, when `share` of the step's time has passed."""
        now_s = time.monotonic()
        if not step.lost:
            self._put(Frame(drawn(tuple(pose.swaying(now_s) for pose in step.poses)), now_s, int(now_s / _FRAME_S)))
        self._screen.look(guide_of(step, share, self._screen.words))

    def enrol(self, name: str) -> None:
        """Show an enrolment of `name` next, pose by pose."""
        self._name = name
        self._enrolling.set()

    def leave(self) -> None:
        """End the enrolment."""
        self._enrolling.clear()

    def _stay(self, step: TourStep, stop: threading.Event, beat: Beat) -> None:
        self.show(step)
        began_s = time.monotonic()
        while not stop.is_set() and (share := (time.monotonic() - began_s) / self._seconds) < 1:
            beat()
            if self._enrolling.is_set():
                self._enrol(stop, beat)
                self.show(step)
            self.draw(step, share)
            stop.wait(_FRAME_S)

    def _enrol(self, stop: threading.Event, beat: Beat) -> None:
        began_s = time.monotonic()
        step = next(step for step in self.steps if step.name == "enrol")
        while self._enrolling.is_set() and not stop.is_set():
            taken = min(len(RING), int((time.monotonic() - began_s) / _POSE_S))
            phase = "done" if taken == len(RING) else "look"
            self._screen.enrolling(Enrolment(name=self._name, phase=phase, poses=RING, taken=taken))
            beat()
            self.draw(step, 0.0)
            if phase == "done" and time.monotonic() - began_s > _POSE_S * (len(RING) + 2):
                self._enrolling.clear()
            stop.wait(_FRAME_S)


_MASKED: Final = "1986****** ***1 001"
_PEOPLE: Final = {"1": NAME, "2": "Bapak Rahmat", "3": "Ibu Dayang Nurul", "4": "Bapak Yohanes Lawing"}
_SESSION: Final = "tour"


class TourActions:
    """The actions of the tour's screen. None of them records anything."""

    def __init__(self, tour: Tour, words: Words) -> None:
        self._tour = tour
        self._words = words

    def answer(self, _card: str, _choice: ChoiceName) -> ActionReply:
        """Answer that this is practice."""
        return self._practice()

    def by_pin(self, _nip: str, _pin: str, _reason: str) -> ActionReply:
        """Answer that this is practice."""
        return self._practice()

    def sign_in(self, _nip: str, _pin: str) -> Officer | ActionReply:
        """Accept anybody as the officer."""
        return Officer(_SESSION, "Ibu Ratna")

    def sign_out(self, _officer: str) -> ActionReply:
        """Answer that this is practice. No session is kept."""
        return self._practice()

    def overview(self, officer: str) -> Overview | ActionReply:
        """The overview of a made-up morning."""
        if officer != _SESSION:
            return self._ended()
        kinds = [("07.28", "in_ok", "1"), ("07.31", "in_ok", "2"), ("07.34", "in_repeat", "1")]
        entries = tuple(self._entry(time, key, _PEOPLE[person]) for time, key, person in kinds)
        people = [
            OverviewPerson(id=person, name=name, masked_nip=_MASKED, enrolled=person in "12")
            for person, name in _PEOPLE.items()
        ]
        return Overview(
            name="Ibu Ratna",
            stage="trial",
            decree=None,
            version=VERSION,
            unsent=0,
            waiting=3,
            entries=entries,
            people=tuple(people),
        )

    def test(self, officer: str, what: TestName) -> Checks | ActionReply:
        """Made-up results, of which one needs attention, to show how that looks."""
        if officer != _SESSION:
            return self._ended()
        wanted = ["camera", "place", "sound", "broker"] if what == "all" else [what]
        found = {"place": ("chip_site", False), "broker": ("chip_online", True), "camera": ("preview", True)}
        checks = [(one, *found.get(one, (f"test_{one}", True))) for one in wanted]
        return Checks(checks=tuple(CheckMessage(what=one, ok=ok, text=self._say(key)) for one, key, ok in checks))

    def enrol(self, officer: str, person: str, *, consent: bool) -> ActionReply:
        """Show a made-up enrolment of the person, if consent is given."""
        if officer != _SESSION:
            return self._ended()
        if not consent:
            return ActionReply(403, self._say("enrol_refused"))
        self._tour.enrol(_PEOPLE[person])
        return ActionReply(200, "")

    def enrol_answer(self, _officer: str, *, although_alike: bool) -> ActionReply:
        """End the enrolment, whatever the answer is."""
        self._tour.leave()
        return ActionReply(200, self._say("enrol_done" if although_alike else "enrol_refused"))

    def enrol_cancel(self, _officer: str) -> ActionReply:
        """Cancel the enrolment."""
        self._tour.leave()
        return ActionReply(200, self._say("enrol_refused"))

    def _entry(self, time: str, key: str, name: str) -> OverviewEntry:
        at = f"2026-01-05T{time.replace('.', ':')}:00+08:00"
        text = f"{name} · {self._say(key, time=time)}"
        return OverviewEntry(at=at, kind="record", text=text, masked=_MASKED)

    def _practice(self) -> ActionReply:
        return ActionReply(200, self._say("practice"))

    def _ended(self) -> ActionReply:
        return ActionReply(401, self._say("officer_ended"))

    def _say(self, key: str, **values: str) -> str:
        return self._words.say(Phrase(key, **values))
