"""The path every frame takes, live and in replay: look, then let the visit decide."""

from collections.abc import Callable, Iterator

from camera import Action, Answering, Camera, Frame
from kiosk.people import Roll
from kiosk.rules.acceptance import Judgement
from kiosk.rules.visit import Outcome, Visit, VisitLimits
from kiosk.sight.look import Looker, View
from kiosk.storage.evidence import Sighting
from models.gallery import Vector


class Recognition:
    """Frames in, outcomes out. While nobody is there, detection runs at `idle_detect_hz` only.

    `roll` may be exchanged between frames; `view` is what the last frame looked at showed, `best` the best one of who
    stands there.
    """

    def __init__(self, looker: Looker, roll: Roll, limits: VisitLimits, idle_detect_hz: float) -> None:
        self.roll = roll
        self.view: View | None = None
        self.best: Sighting | None = None
        self._looker = looker
        self._visit = Visit(limits, self._identify)
        self._idle_s = 1.0 / idle_detect_hz
        self._next_look_s = float("-inf")

    @property
    def idle(self) -> bool:
        """Nobody is there."""
        return not self._visit.somebody

    def process(self, frame: Frame) -> Outcome | None:
        """Take in one frame; an outcome when it ends a visit."""
        if self.idle and frame.at_s < self._next_look_s:
            return None
        self._next_look_s = frame.at_s + self._idle_s
        self.view = self._looker.look(frame.image, frame.at_s, wants_probe=self._visit.wants_probe(frame.at_s))
        outcome = self._visit.see(self.view.sight)
        self._remember_best(frame, self.view)
        return outcome

    def finish(self, at_s: float) -> Outcome | None:
        """The source has ended."""
        return self._visit.finish(at_s)

    def _remember_best(self, frame: Frame, view: View) -> None:
        """Keep a frame while it is the best of its visit, and no longer: nothing of it is copied or encoded yet."""
        best_at_s = self._visit.best_at_s
        if best_at_s is None:
            self.best = None
        elif best_at_s == frame.at_s and view.sight.box is not None:
            self.best = Sighting(frame.image, view.sight.box)

    def _identify(self, probe: Vector) -> Judgement:
        return self.roll.identify(probe)


def outcomes(
    camera: Camera,
    recognition: Recognition,
    *,
    asked: Callable[[], Action | None] = lambda: None,
    until_s: float = float("inf"),
) -> Iterator[Outcome]:
    """The outcome of every visit in a source, or in its first `until_s`.

    `asked` tells what the screen asks for after the last frame; a camera whose person can hear is told, once each time.
    """
    at_s, heard = 0.0, None
    while (frame := camera.read()) is not None and frame.at_s < until_s:
        at_s = frame.at_s
        if (outcome := recognition.process(frame)) is not None:
            yield outcome
        action = asked()
        if action is not None and action != heard and isinstance(camera, Answering):
            camera.obey(action, at_s)
        heard = action
    if (outcome := recognition.finish(at_s)) is not None:
        yield outcome
