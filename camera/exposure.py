"""How bright a face should be, and which control of a camera makes it so. Pure.

A camera's automatic exposure goes by the whole picture: before a window it leaves the face dark. `ExposureController`
judges the face, `Ladder` says what to set on a camera that has these controls or those.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

GAMMA: Final = 2.2
"""Exponent between light and grey level, about that of sRGB."""

DARK, BRIGHT = 70.0, 205.0
"""Grey levels: a face beyond one of them is driven back. docs/recognition.md has what recognition itself can bear."""

AT_EASE = (100.0, 165.0)
AIM = 128.0
"""A face that is driven is driven until it lies in here; how far it has to go is counted from the aim."""

STEP_STOPS, PACE_S = 0.2, 0.1
"""The most that is changed at once, and the time between two changes, which makes two stops a second. A step is 16 grey
levels in white; liveness takes 25 for another scene."""

PATIENCE_S = 0.5
"""How long a face must be too dark or too bright before anything is changed."""

HOLD_S = 30.0
"""How long after the last face the camera keeps what was set. The next person mostly stands in the same light."""


class ExposureController:
    """Decides by how many stops the picture should change, by the brightness of the faces in it."""

    def __init__(self) -> None:
        self._driving = False
        self._wrong_since_s: float | None = None
        self._face_s = float("-inf")

    def see(self, brightness: float | None, at_s: float) -> float:
        """Take in the median grey level of the face at `at_s`, None when nobody is there. Returns stops, 0 for none."""
        if brightness is None:
            self._driving, self._wrong_since_s = False, None
            return 0.0
        self._face_s = at_s
        if AT_EASE[0] <= brightness <= AT_EASE[1]:
            self._driving = False
        if not self._driving and not self._long_wrong(brightness, at_s):
            return 0.0
        self._driving = True
        missing = GAMMA * math.log2(AIM / max(brightness, 1.0))
        return max(-STEP_STOPS, min(STEP_STOPS, missing))

    @property
    def driving(self) -> bool:
        """Whether a face is being driven to where it should be."""
        return self._driving

    def abandoned(self, at_s: float) -> bool:
        """Whether the last face was so long ago that the camera should choose by itself again."""
        return at_s - self._face_s >= HOLD_S

    def _long_wrong(self, brightness: float, at_s: float) -> bool:
        if DARK <= brightness <= BRIGHT:
            self._wrong_since_s = None
            return False
        if self._wrong_since_s is None:
            self._wrong_since_s = at_s
        return at_s - self._wrong_since_s >= PATIENCE_S


class Control(StrEnum):
    """What a camera may let be set. Numbers of gain and backlight compensation are the camera's own."""

    AUTO_EXPOSURE = "auto_exposure"
    """1: the camera chooses, 0: time and gain are as set."""
    EXPOSURE_US = "exposure_us"
    GAIN = "gain"
    COMPENSATION = "compensation"
    """Stops by which the camera's own choice is made brighter."""
    BACKLIGHT = "backlight"
    AUTO_WHITE_BALANCE = "auto_white_balance"
    POWER_LINE = "power_line"
    """Lamps that the camera avoids the flicker of: 0 none, 1 at 50 Hz, 2 at 60 Hz, 3 by itself."""


@dataclass(frozen=True, slots=True)
class ControlState:
    """The value of a control, and its limits."""

    value: float
    low: float
    high: float

    def within(self, value: float) -> float:
        """The value that is allowed and nearest."""
        return max(self.low, min(self.high, value))


States = Mapping[Control, ControlState]
"""The controls that a camera has."""

Changes = dict[Control, float]
"""What to set, in this order."""

FLICKER_US: Final = 10_000.0
"""Lamps on 50 Hz flicker a hundred times a second: a multiple of this takes in as much of it each time."""

LONGEST_US: Final = 30_000.0
"""Longest time that is set, unless the camera had chosen a longer one: three flickers, and 30 pictures a second."""

GAIN_A_STOP: Final = 0.125
"""Share of its range by which gain is moved for a stop: its unit is the camera's secret, the next picture tells."""


def start(states: States) -> Changes:
    """What is set on opening a camera: automatic exposure and white balance, and lamps on 50 Hz."""
    wanted = {Control.AUTO_EXPOSURE: 1.0, Control.AUTO_WHITE_BALANCE: 1.0, Control.POWER_LINE: 1.0}
    return {control: value for control, value in wanted.items() if control in states}


class Ladder:
    """Turns stops into values of controls, in the order in which they do least harm.

    Where the camera has a compensation, that alone is used. Else first its backlight compensation; then time and gain
    are set by hand: brighter by time before gain, darker by gain before time.
    """

    def __init__(self, states: States) -> None:
        """`states` are those of the camera when it was opened: what it is released to."""
        self._opened = states
        self._now = dict(states)
        self._manual = False

    @property
    def usable(self) -> bool:
        """Whether the camera has any control that changes how bright its picture is."""
        return bool({Control.COMPENSATION, Control.BACKLIGHT} & self._now.keys()) or self._has_manual

    def move(self, stops: float, states: States) -> Changes:
        """What makes the picture brighter by `stops`, negative for darker. `states` are those of the camera now.

        Empty when all controls are at their ends.
        """
        if Control.COMPENSATION in self._now:
            return self._set(Control.COMPENSATION, self._value(Control.COMPENSATION) + stops)
        backlight = self._backlight(stops)
        if backlight or not self._has_manual:
            return backlight
        begun: Changes = {}
        if not self._manual:
            self._manual = True
            for control in {Control.EXPOSURE_US, Control.GAIN} & states.keys():
                self._now[control] = states[control]
            begun = {Control.AUTO_EXPOSURE: 0.0}
        return begun | self._by_hand(stops)

    def rest(self) -> Changes:
        """A small step of the time towards one that lamps do not flicker in, while nothing else is to be done."""
        if not self._manual or Control.POWER_LINE not in self._now:
            return {}
        time_us = self._value(Control.EXPOSURE_US)
        steady_us = max(1.0, round(time_us / FLICKER_US)) * FLICKER_US
        if time_us < FLICKER_US or time_us == steady_us:  # shorter times are for daylight
            return {}
        factor = 2**STEP_STOPS
        return self._set(Control.EXPOSURE_US, max(time_us / factor, min(time_us * factor, steady_us)))

    def release(self) -> Changes:
        """What leaves the choice to the camera again. Empty when nothing was taken from it."""
        rungs: list[Control] = [rung for rung in (Control.COMPENSATION, Control.BACKLIGHT) if rung in self._now]
        if self._manual and Control.GAIN in self._now:
            rungs.append(Control.GAIN)
        changes = {
            rung: self._opened[rung].value for rung in rungs if self._now[rung].value != self._opened[rung].value
        }
        if self._manual:
            changes[Control.AUTO_EXPOSURE] = 1.0
        self._manual = False
        self._now = dict(self._opened)
        return changes

    @property
    def _has_manual(self) -> bool:
        return {Control.AUTO_EXPOSURE, Control.EXPOSURE_US} <= self._now.keys()

    def _backlight(self, stops: float) -> Changes:
        """Backlight compensation on for a dark face, off for one that became bright, one number at a time."""
        if self._manual or Control.BACKLIGHT not in self._now:
            return {}
        here = self._value(Control.BACKLIGHT)
        return self._set(Control.BACKLIGHT, here + math.copysign(1.0, stops))

    def _by_hand(self, stops: float) -> Changes:
        time_us = self._now[Control.EXPOSURE_US]
        longest_us = max(LONGEST_US, self._opened[Control.EXPOSURE_US].value)
        least_gain = self._opened[Control.GAIN].value if Control.GAIN in self._now else 0.0
        gain_first = stops < 0 and Control.GAIN in self._now and self._value(Control.GAIN) > least_gain
        longer_us = time_us.within(min(time_us.value * 2**stops, max(longest_us, time_us.value)))
        if not gain_first and longer_us != time_us.value:
            return self._set(Control.EXPOSURE_US, longer_us)
        if Control.GAIN not in self._now:
            return {}
        gain = self._now[Control.GAIN]
        moved = gain.value + GAIN_A_STOP * stops * (gain.high - gain.low)
        return self._set(Control.GAIN, max(least_gain, moved))

    def _value(self, control: Control) -> float:
        return self._now[control].value

    def _set(self, control: Control, value: float) -> Changes:
        state = self._now[control]
        allowed = state.within(value)
        if allowed == state.value:
            return {}
        self._now[control] = replace(state, value=allowed)
        return {control: allowed}
