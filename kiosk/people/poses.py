"""How each pose of an enrolment is taken: a small state machine a pose, fed one view a frame."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from camera import Action as Prompt
from kiosk.sight.look import View
from models.liveness.actions import Action, Stance, progress, stance
from models.liveness.challenge import Challenge
from models.liveness.finding import Suspicion
from models.liveness.screen import screen
from models.liveness.track import Glimpse

_AHEAD_DEG: Final = 8.0
_NOD_DEG: Final = 8.0
_TURN_DEG: Final = (8.0, 20.0)
"""Between these a turned head is worth a shot: it adds something, and is no other face to the embedder."""

_NOD_S: Final = 6.0
"""Not everybody can look up or down: after so long it is done without."""


class Pose(StrEnum):
    """How the head is held; left and right are the person's own."""

    AHEAD = "ahead"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Over:
    """A pose has come to its end: with what to take the shot from, without one, or failed for a reason."""

    view: View | None
    reason: Suspicion | None = None


class Taking(Protocol):
    """One pose being taken."""

    @property
    def prompt(self) -> Prompt:
        """What the person is to do now."""

    @property
    def wants_shot(self) -> bool:
        """Whether a good frame would be used for a shot."""

    def see(self, view: View, seen: Glimpse, *, fit: bool) -> Over | None:
        """Take in a frame with one face, which is `fit` for a shot or not; something once it is over."""


class Ahead:
    """Looking into the camera."""

    prompt: Prompt = "hold"
    wants_shot = True

    def see(self, view: View, seen: Glimpse, *, fit: bool) -> Over | None:
        """See `Taking`."""
        return Over(view) if fit and abs(stance(seen).yaw_deg) <= _AHEAD_DEG else None


class Turn:
    """Turning the head to a side and back, judged as recognition's challenge is; the shot is taken on the way."""

    def __init__(self, action: Action, prompt: Prompt, ahead: Stance) -> None:
        self._action = action
        self._said = prompt
        self._ahead = ahead
        self._challenge = Challenge([action], delay_s=0.0)
        self._track: list[Glimpse] = []
        self._asked = self._in_range = False
        self._best: View | None = None

    @property
    def prompt(self) -> Prompt:
        """Who is not looking ahead yet is asked to do that first."""
        return self._said if self._asked else "hold"

    @property
    def wants_shot(self) -> bool:
        """Frames of a head that is not turned, or too far, show only that."""
        return self._in_range and self._best is None

    def see(self, view: View, seen: Glimpse, *, fit: bool) -> Over | None:
        """See `Taking`."""
        self._track.append(seen)
        step = self._challenge.see(seen)
        self._asked = step.asks is not None
        self._in_range = _TURN_DEG[0] <= progress(self._action, stance(seen), self._ahead) <= _TURN_DEG[1]
        if fit and self._in_range and self._best is None:
            self._best = view
        if step.finding is None:
            return None
        reason = step.finding.reason or screen(self._track).reason
        return Over(self._best, reason or (Suspicion.NOT_DONE if self._best is None else None))


class Nod:
    """Looking up or down for a moment, by whoever can."""

    wants_shot = True

    def __init__(self, prompt: Prompt, sign: int, ahead: Stance) -> None:
        self.prompt = prompt
        self._sign = sign
        self._ahead = ahead
        self._since_s: float | None = None

    def see(self, view: View, seen: Glimpse, *, fit: bool) -> Over | None:
        """See `Taking`."""
        self._since_s = seen.at_s if self._since_s is None else self._since_s
        far_deg = self._sign * (stance(seen).pitch_deg - self._ahead.pitch_deg)
        if fit and far_deg >= _NOD_DEG:
            return Over(view)
        return Over(None) if seen.at_s - self._since_s > _NOD_S else None


def taking(pose: Pose, ahead: Stance | None) -> Taking:
    """How a pose is taken of somebody who looked `ahead` like this."""
    if ahead is None:
        return Ahead()
    match pose:
        case Pose.AHEAD:
            return Ahead()
        case Pose.LEFT:
            return Turn(Action.TURN_LEFT, "turn_left", ahead)
        case Pose.RIGHT:
            return Turn(Action.TURN_RIGHT, "turn_right", ahead)
        case Pose.UP:
            return Nod("look_up", 1, ahead)
        case Pose.DOWN:
            return Nod("look_down", -1, ahead)
