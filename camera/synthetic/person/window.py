"""A window behind the person, and a sensor that chooses its exposure by the whole picture, as webcams do."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.exposure import GAMMA, Control, ControlState, States
from camera.frame import Image
from camera.synthetic.person.portrait import Floats

DRAWN_US: Final = 10_000.0
"""Time at which, without gain, the room is as bright as it is drawn."""

METERED: Final = 118.0
"""Mean grey level that the automatic exposure aims at."""

LAG: Final = 0.2
"""The part of the way there that it goes from one picture to the next."""

LEAST_US, MOST_US = 50.0, 33_300.0
MOST_GAIN: Final = 100.0
GAIN_STOPS: Final = 4.0
"""Stops of the highest gain."""

WELL: Final = 4000.0
READ: Final = 3.0
"""Electrons of a pixel that is full at `DRAWN_US`, and the deviation with which it is read."""

_LIGHT: Final = ((np.arange(256) / 255) ** GAMMA).astype(np.float32)


class WindowSensor:
    """Films a person before a window, from wall to wall, that is `stops` brighter than the wall below it.

    It is its own `Controls`.
    """

    def __init__(self, wall: Image, *, stops: float, seed: int) -> None:
        self._ground = _LIGHT[wall]
        self._ground[: len(wall) * 4 // 5] *= 2.0**stops
        self._rng = np.random.default_rng(seed)
        self._states = {
            Control.AUTO_EXPOSURE: ControlState(1, 0, 1),
            Control.EXPOSURE_US: ControlState(DRAWN_US, LEAST_US, MOST_US),
            Control.GAIN: ControlState(0, 0, MOST_GAIN),
            Control.POWER_LINE: ControlState(0, 0, 2),
        }
        for _ in range(100):  # it has been on for a while
            self._adapt(self._exposed(self._ground[::16, ::16]))

    def states(self) -> States:
        """The controls as they are."""
        return dict(self._states)

    def set(self, control: Control, value: float) -> None:
        """Set a control; the next picture shows it."""
        state = self._states[control]
        self._states[control] = replace(state, value=state.within(value))

    def take(self, layer: NDArray[np.uint8] | None) -> Image:
        """The picture (H, W, 3) of a person in a transparent layer (H, W, 4), None for nobody, before the window."""
        picture = self._exposed(self._ground if layer is None else _before(layer, self._ground))
        if self._states[Control.AUTO_EXPOSURE].value:
            self._adapt(picture)
        return picture

    def _adapt(self, picture: Image) -> None:
        missing = (METERED / max(float(picture.mean()), 1.0)) ** GAMMA
        self.set(Control.EXPOSURE_US, self._states[Control.EXPOSURE_US].value * missing**LAG)

    def _exposed(self, light: Floats) -> Image:
        gain = 2.0 ** (GAIN_STOPS * self._states[Control.GAIN].value / MOST_GAIN)
        electrons = light * np.float32(WELL * self._states[Control.EXPOSURE_US].value / DRAWN_US)
        electrons += self._rng.standard_normal(light.shape, np.float32) * np.sqrt(electrons + np.float32(READ**2))
        seen = np.clip(electrons * np.float32(gain / WELL), 0, 1)
        return np.asarray(np.rint(255 * seen ** np.float32(1 / GAMMA)), np.uint8)


def _before(layer: NDArray[np.uint8], ground: Floats) -> Floats:
    alpha = layer[:, :, 3:].astype(np.float32) / 255
    return np.asarray(_LIGHT[layer[:, :, :3]] * alpha + ground * (1 - alpha), np.float32)
