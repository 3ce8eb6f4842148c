"""Telling whoever is before the camera what the screen asks: a real person reads it, a drawn one has to hear it."""

from collections.abc import Mapping
from typing import Final

from camera import Action as Heard
from camera import Answering, Camera
from models.liveness.actions import Action

_SAID: Final[Mapping[Action, Heard]] = {
    Action.TURN_LEFT: "turn_left",
    Action.TURN_RIGHT: "turn_right",
    Action.BLINK: "blink",
    Action.OPEN_MOUTH: "open_mouth",
    Action.COME_CLOSER: "come_closer",
    Action.HOLD: "hold",
}


def heard(asked: Action | None) -> Heard | None:
    """An action as a camera knows it."""
    return None if asked is None else _SAID[asked]


class Teller:
    """Tells a camera whose person can hear what is asked, once each time; any other hears nothing."""

    def __init__(self, camera: Camera) -> None:
        self._hears = camera if isinstance(camera, Answering) else None
        self._asked: Heard | None = None

    def tell(self, asked: Heard | None, at_s: float) -> None:
        """What is asked after the frame of `at_s`, if anything is."""
        if asked is not None and asked != self._asked and self._hears is not None:
            self._hears.obey(asked, at_s)
        self._asked = asked
