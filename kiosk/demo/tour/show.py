"""The worker that puts one state after another on a screen."""

import threading
import time
from collections.abc import Callable
from typing import Final

from camera import Frame
from kiosk.demo.tour.figure import drawn
from kiosk.demo.tour.steps import RING, Script, Step, guide_of
from kiosk.errors import UsageError
from kiosk.plumbing.worker import Beat
from kiosk.screen import Screen
from kiosk.screen.state import Enrolment

_FRAME_S: Final = 1 / 15
_POSE_S: Final = 1.5


class Tour:
    """Walks through the script, `seconds` a step, or stays at the step called `only`. `put` is given the frames."""

    def __init__(self, screen: Screen, put: Callable[[Frame], None], seconds: float, only: str | None = None) -> None:
        self.steps = Script(screen.words).steps()
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
        """Walk round and round until `stop` is set."""
        while not stop.is_set():
            for step in self.steps:
                if self._only in (None, step.name) and not stop.is_set():
                    self._stay(step, stop, beat)

    def show(self, step: Step) -> None:
        """Put a state on the screen."""
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

    def draw(self, step: Step, share: float) -> None:
        """Give one frame of a state, and what the page is told of it, when `share` of its time has passed."""
        now_s = time.monotonic()
        if not step.lost:
            self._put(Frame(drawn(tuple(pose.swaying(now_s) for pose in step.poses)), now_s, int(now_s / _FRAME_S)))
        self._screen.look(guide_of(step, share, self._screen.words))

    def enrol(self, name: str) -> None:
        """Let the next step be an enrolment of somebody, pose by pose."""
        self._name = name
        self._enrolling.set()

    def leave(self) -> None:
        """End the enrolment."""
        self._enrolling.clear()

    def _stay(self, step: Step, stop: threading.Event, beat: Beat) -> None:
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
