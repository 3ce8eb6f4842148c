"""The synthetic person performs the actions that are asked for, in its truth and in its picture."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from camera import Answering, Frame, MeshOf, Prompt, open_camera
from camera.synthetic.person.mesh import HeadPose
from camera.synthetic.person.script import REACTS_S, Answers

ASKED_S = 2.0


def answer(photo: Path, mesh_of: MeshOf, action: Prompt, seed: int = 1) -> list[Frame]:
    camera = open_camera(f"person:{photo}?seconds=9&blink=0&fps=15&seed={seed}", mesh_of=mesh_of)
    assert isinstance(camera, Answering)
    with camera:
        frames = []
        while (frame := camera.read()) is not None and frame.at_s < ASKED_S + 3:
            frames.append(frame)
            if frame.at_s == ASKED_S:
                camera.obey(action, frame.at_s)
    return [frame for frame in frames if frame.at_s >= ASKED_S]


@pytest.mark.parametrize(("action", "sign"), [("turn_left", 1), ("turn_right", -1)])
def test_a_turn_is_to_the_persons_own_side_and_back(photo: Path, mesh_of: MeshOf, action: Prompt, sign: int) -> None:
    yaws = np.array([sign * frame.truth.yaw_deg for frame in answer(photo, mesh_of, action) if frame.truth])
    assert yaws.max() > 20
    assert abs(yaws[: int(REACTS_S[0] * 15)]).max() < 3
    assert abs(yaws[-5:]).max() < 3
    assert yaws.min() > -4


def test_a_blink_and_a_step_closer_are_true(photo: Path, mesh_of: MeshOf) -> None:
    blinking = [frame.truth.eyes_open for frame in answer(photo, mesh_of, "blink") if frame.truth]
    assert min(blinking) < 0.4
    assert blinking[0] == blinking[-1] == 1
    widths = [frame.truth.box[2] - frame.truth.box[0] for frame in answer(photo, mesh_of, "come_closer") if frame.truth]
    assert max(widths) > 1.2 * widths[0]
    still = [frame.truth for frame in answer(photo, mesh_of, "hold") if frame.truth]
    assert max(abs(truth.yaw_deg) for truth in still) < 3


def test_an_open_mouth_is_read_as_one(photo: Path, mesh_of: MeshOf) -> None:
    def opening(mesh: NDArray[np.float32]) -> float:
        return float(np.linalg.norm(mesh[13] - mesh[14]) / np.linalg.norm(mesh[454] - mesh[234]))

    openings = [opening(mesh_of(frame.image)) for frame in answer(photo, mesh_of, "open_mouth")[::2]]
    assert max(openings) > 0.08
    assert max(openings) > openings[0] + 0.06
    assert openings[-1] < 0.03


def test_people_take_their_time_each_their_own() -> None:
    begins = []
    for seed in range(40):
        answers = Answers(seed)
        answers.obey("turn_left", 10.0)
        times = np.arange(10, 12, 0.01)
        yaws = [answers.onto(HeadPose(True), t).yaw_deg for t in times]
        begins.append(times[int(np.argmax(np.array(yaws) > 0.1))] - 10)
    assert REACTS_S[0] <= min(begins)
    assert max(begins) <= REACTS_S[1] + 0.1
    assert max(begins) - min(begins) > 0.3
