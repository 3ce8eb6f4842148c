"""One person's shots, pose by pose: ahead, and with the head turned, which shows that it is a head and no picture."""

from typing import Final

import numpy as np

from camera import Action as Prompt
from kiosk.people.photos import shot_of, unfit
from kiosk.people.poses import Over, Pose, Taking, taking
from kiosk.people.store import Shot
from kiosk.rules.sight import Wanted
from kiosk.sight.look import View
from models.gallery import unit
from models.liveness.actions import Stance, stance
from models.liveness.finding import Suspicion
from models.quality import QualityLimits, Reason

PATIENCE_S: Final = 60.0
"""How long somebody may take for all poses."""

_QUALITY_S: Final = 0.4
_FAILED_TURNS: Final = 2
"""Who turns like a picture so often is taken for one: a person's turn fails by chance now and then."""


class Posing:
    """A state machine fed one view a frame; its clock is the time the frames were taken.

    `shots` are those taken, `reasons` what is wrong with what is seen, `refused` why nobody is enrolled from this. It
    is over once `pose` is None. Two shots less alike than `same_person` are of two people: then all begins again.
    """

    def __init__(self, limits: QualityLimits, same_person: float) -> None:
        self.shots: list[Shot] = []
        self.reasons: tuple[Reason, ...] = ()
        self.refused: Suspicion | None = None
        self._limits = limits
        self._same_person = same_person
        self._taken: list[Pose] = []
        self._left = list(Pose)
        self._ahead: Stance | None = None
        self._taking: Taking = taking(Pose.AHEAD, None)
        self._failed_turns = 0
        self._looked_s = float("-inf")

    @property
    def pose(self) -> Pose | None:
        """The one that is taken now."""
        return self._left[0] if self._left and self.refused is None else None

    @property
    def poses(self) -> tuple[Pose, ...]:
        """Those that are taken, one a shot, and those that are to come."""
        return (*self._taken, *self._left)

    @property
    def prompt(self) -> Prompt | None:
        """What the person is to do now; None when it is over."""
        return None if self.pose is None else self._taking.prompt

    @property
    def phrase(self) -> str | None:
        """The key of what is said now: what is wrong, else what to do."""
        if self.pose is None or self.reasons:
            return str(self.reasons[0]) if self.reasons else None
        return f"enrol_{Pose.AHEAD if self.prompt == 'hold' else self.pose}"

    def wants(self, at_s: float) -> Wanted:
        """What of a frame taken at `at_s` would be used. A small device could not embed every frame of a turn."""
        due = at_s - self._looked_s >= _QUALITY_S
        return Wanted.PROBE if due or self._taking.wants_shot else Wanted.FACE

    def see(self, view: View, wanted: Wanted) -> None:
        """Take in one frame, looked at as closely as was wanted."""
        if wanted is Wanted.PROBE:
            self._looked_s, self.reasons = view.sight.at_s, unfit(view, self._limits)
        seen = view.sight.glimpse
        if seen is None or seen.others or self.pose is None:
            return
        over = self._taking.see(view, seen, fit=view.sight.probe is not None and not self.reasons)
        if over is not None:
            self._settle(self.pose, over)

    def _settle(self, pose: Pose, over: Over) -> None:
        if over.reason is None:
            self._left.remove(pose)
            if over.view is not None:
                self._take(pose, over.view)
        elif over.reason is not Suspicion.NOT_DONE:
            self._failed_turns += 1
            self.refused = over.reason if self._failed_turns == _FAILED_TURNS else None
        if self._left:
            self._taking = taking(self._left[0], self._ahead)

    def _take(self, pose: Pose, view: View) -> None:
        shot = shot_of(view, self._limits, pose)
        others = [one.vector for one in self.shots]
        if others and float(unit(np.sum(others, axis=0)) @ shot.vector) < self._same_person:
            self.shots, self._taken, self._left, self._ahead = [], [], list(Pose), None
            return
        self.shots.append(shot)
        self._taken.append(pose)
        if pose is Pose.AHEAD and view.sight.glimpse is not None:
            self._ahead = stance(view.sight.glimpse)
