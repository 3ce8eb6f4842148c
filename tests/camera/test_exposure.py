"""Exposure that follows the face: the rules, and a camera whose picture answers."""

from dataclasses import replace
from itertools import pairwise

import pytest

from camera.controls import ControlError, FaceExposure
from camera.exposure import (
    AT_EASE,
    BRIGHT,
    DARK,
    GAMMA,
    HOLD_S,
    LONGEST_US,
    PATIENCE_S,
    STEP_STOPS,
    Control,
    ControlState,
    ExposureController,
    Ladder,
    States,
)

USB = {
    Control.AUTO_EXPOSURE: ControlState(1, 0, 1),
    Control.EXPOSURE_US: ControlState(2000, 100, 200_000),
    Control.GAIN: ControlState(10, 0, 100),
    Control.POWER_LINE: ControlState(2, 0, 2),
}
PI = {Control.COMPENSATION: ControlState(0, -8, 8), Control.POWER_LINE: ControlState(0, 0, 1)}


class Webcam:
    """A camera that shows a face at 20 grey levels while it exposes for the window, and by its time and gain else."""

    def __init__(self, states: States, face: float = 20.0) -> None:
        self.now = dict(states)
        self.face = face
        self.calls: list[tuple[Control, float]] = []
        self.refuses: set[Control] = set()

    def states(self) -> States:
        return dict(self.now)

    def set(self, control: Control, value: float) -> None:
        if control in self.refuses:
            raise ControlError(f"{control} is refused")
        if control is Control.EXPOSURE_US:
            assert not self.now[Control.AUTO_EXPOSURE].value, "a time cannot be set while it is automatic"
        state = self.now[control]
        assert state.low <= value <= state.high
        self.calls.append((control, value))
        self.now[control] = replace(state, value=value)

    def value(self, control: Control) -> float:
        return self.now[control].value

    @property
    def brightness(self) -> float:
        light = self.face**GAMMA
        if Control.COMPENSATION in self.now:
            light *= 2 ** self.value(Control.COMPENSATION)
        if not self.now.get(Control.AUTO_EXPOSURE, ControlState(1, 0, 1)).value:
            light *= self.value(Control.EXPOSURE_US) / 2000 * 2 ** ((self.value(Control.GAIN) - 10) / 12.5)
        return float(min(255.0, light ** (1 / GAMMA)))


def watched(webcam: Webcam, exposure: FaceExposure, seconds: float, start_s: float = 0.0) -> list[float]:
    """How bright the face is while somebody stands there, fifteen pictures a second."""
    seen = []
    for index in range(round(seconds * 15)):
        seen.append(webcam.brightness)
        exposure.meter(webcam.brightness, start_s + index / 15)
    return seen


def test_a_face_in_good_light_is_left_alone() -> None:
    controller = ExposureController()
    assert not any(controller.see(light, at_s) for at_s, light in enumerate((DARK, 90, 128, 180, BRIGHT)))


def test_a_moment_of_darkness_is_not_followed_and_a_lasting_one_is_until_the_face_is_at_ease() -> None:
    controller = ExposureController()
    assert controller.see(DARK - 1, 0.0) == 0
    assert controller.see(128, 0.3) == 0
    assert controller.see(DARK - 1, 0.4) == 0
    assert controller.see(DARK - 1, 0.4 + PATIENCE_S) == STEP_STOPS
    assert controller.see(AT_EASE[0] - 1, 1.1) == STEP_STOPS, "it goes on inside the outer limits"
    assert controller.see(AT_EASE[0], 1.2) == 0
    assert controller.see(DARK, 1.3) == 0, "and does not begin again there"
    assert controller.see(BRIGHT + 1, 2.0) == 0
    assert controller.see(BRIGHT + 1, 2.0 + PATIENCE_S) == -STEP_STOPS


def test_who_leaves_ends_the_driving_and_the_camera_is_given_back_after_a_while() -> None:
    controller = ExposureController()
    for at_s in (0.0, PATIENCE_S):
        controller.see(20, at_s)
    assert controller.driving
    assert controller.see(None, 1.0) == 0
    assert not controller.driving
    assert not controller.abandoned(PATIENCE_S + HOLD_S - 0.1)
    assert controller.abandoned(PATIENCE_S + HOLD_S)


@pytest.mark.parametrize("states", [USB, PI])
def test_a_face_before_a_window_is_made_bright_slowly(states: States) -> None:
    webcam = Webcam(states)
    exposure = FaceExposure(webcam)
    seen = watched(webcam, exposure, 6)
    assert AT_EASE[0] <= seen[-1] <= AT_EASE[1]
    assert max(after / before for before, after in pairwise(seen)) <= 2 ** (STEP_STOPS / GAMMA) + 1e-6
    assert next(index for index, light in enumerate(seen) if light > DARK) > 15


def test_a_face_in_the_sun_is_made_darker() -> None:
    webcam = Webcam(USB, face=250)
    assert watched(webcam, FaceExposure(webcam), 6)[-1] <= AT_EASE[1]


def test_time_comes_before_gain_and_back_after_it() -> None:
    ladder = Ladder(USB)
    moves = [ladder.move(2.0, USB) for _ in range(4)]
    assert moves[0] == {Control.AUTO_EXPOSURE: 0, Control.EXPOSURE_US: 8000}
    assert moves[1] == {Control.EXPOSURE_US: LONGEST_US}
    assert [list(move) for move in moves[2:]] == [[Control.GAIN]] * 2
    back = [ladder.move(-2.0, USB) for _ in range(3)]
    assert [list(move) for move in back] == [[Control.GAIN], [Control.GAIN], [Control.EXPOSURE_US]]


def test_backlight_compensation_comes_first_where_the_camera_has_it() -> None:
    states = {**USB, Control.BACKLIGHT: ControlState(0, 0, 1)}
    ladder = Ladder(states)
    assert ladder.move(0.2, states) == {Control.BACKLIGHT: 1}
    assert Control.AUTO_EXPOSURE in ladder.move(0.2, states)
    assert ladder.release() == {Control.BACKLIGHT: 0, Control.AUTO_EXPOSURE: 1}


def test_a_time_rests_where_lamps_do_not_flicker() -> None:
    ladder = Ladder({**USB, Control.EXPOSURE_US: ControlState(13_000, 100, 200_000)})
    ladder.move(0.1, {**USB, Control.EXPOSURE_US: ControlState(13_000, 100, 200_000)})
    steps = []
    while changes := ladder.rest():
        steps.append(changes[Control.EXPOSURE_US])
    assert steps[-1] == 10_000
    assert len(steps) > 1, "in small steps"
    daylight = Ladder(USB)
    daylight.move(0.2, USB)
    assert daylight.rest() == {}


def test_everything_is_put_back_as_it_was_found() -> None:
    webcam = Webcam(USB)
    exposure = FaceExposure(webcam)
    assert webcam.value(Control.POWER_LINE) == 1, "lamps here are on 50 Hz"
    watched(webcam, exposure, 6)
    assert not webcam.value(Control.AUTO_EXPOSURE)
    exposure.restore()
    found = {control: state.value for control, state in USB.items() if control is not Control.EXPOSURE_US}
    assert {control: webcam.value(control) for control in found} == found
    assert webcam.calls[-1] == (Control.AUTO_EXPOSURE, 1)


def test_a_time_that_was_set_by_hand_is_put_back() -> None:
    webcam = Webcam({**USB, Control.AUTO_EXPOSURE: ControlState(0, 0, 1)})
    exposure = FaceExposure(webcam)
    assert webcam.value(Control.AUTO_EXPOSURE)
    exposure.restore()
    assert webcam.calls[-1] == (Control.EXPOSURE_US, 2000)
    assert not webcam.value(Control.AUTO_EXPOSURE)


def test_the_camera_chooses_again_after_a_while_without_anybody() -> None:
    webcam = Webcam(USB)
    exposure = FaceExposure(webcam)
    watched(webcam, exposure, 6)
    exposure.meter(None, 6.0 + HOLD_S - 1)
    assert not webcam.value(Control.AUTO_EXPOSURE)
    exposure.meter(None, 6.0 + HOLD_S)
    assert webcam.value(Control.AUTO_EXPOSURE)
    assert webcam.value(Control.GAIN) == 10


def test_the_same_picture_says_nothing_new() -> None:
    webcam = Webcam(USB)
    exposure = FaceExposure(webcam)
    begun = len(webcam.calls)
    for at_s in (0.0, 1.0, *[1.1] * 20):
        exposure.meter(20.0, at_s)
    assert len(webcam.calls) - begun == 3  # by hand, a step, and one more


def test_a_camera_with_nothing_to_set_is_left_alone() -> None:
    webcam = Webcam({Control.GAIN: ControlState(10, 0, 100)})
    watched(webcam, FaceExposure(webcam), 3)
    assert webcam.calls == []


@pytest.mark.parametrize("refused", [Control.POWER_LINE, Control.EXPOSURE_US])
def test_a_camera_that_refuses_goes_on_by_itself(refused: Control, caplog: pytest.LogCaptureFixture) -> None:
    webcam = Webcam(USB)
    webcam.refuses = {refused}
    exposure = FaceExposure(webcam)
    seen = watched(webcam, exposure, 6)
    assert f"{refused} is refused" in caplog.text
    if refused is Control.POWER_LINE:
        assert seen[-1] >= AT_EASE[0], "the rest works"
    else:
        assert webcam.value(Control.AUTO_EXPOSURE), "it is not left half way"
    caplog.clear()
