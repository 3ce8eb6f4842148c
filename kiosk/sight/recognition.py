"""The path every frame takes, live and in replay: look, then let the visit decide."""

from camera import Frame
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
