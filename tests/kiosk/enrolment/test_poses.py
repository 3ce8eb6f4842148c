"""The poses of an enrolment, fed landmarks of a head in space, of a print, and of two people."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from camera import Prompt
from camera.files import read_photo
from kiosk.app import parts
from kiosk.enrolment.examination import ENOUGH
from kiosk.enrolment.poses import EnrolmentPose as Asked
from kiosk.enrolment.poses import PoseSequence
from kiosk.lab.demo import show
from kiosk.recognition.observation import AnalysisDepth, Observation
from kiosk.recognition.pipeline import FrameAnalysis
from models.assets import AssetStore
from models.face import Box
from models.gallery import Vector
from models.liveness.finding import Suspicion
from models.quality import QualityLimits, Reason
from tests.models.heads import Head, Pose, answer, upright

PORTRAIT = np.zeros((9, 9, 3), np.uint8)
SITI, BUDI = np.eye(2, 128, dtype=np.float32)
AHEAD = [Pose()] * 30


@pytest.fixture(scope="module")
def head() -> Head:
    return Head(upright(parts.mesh_of(read_photo(AssetStore().path(show.KNOWN)))))


class Sitter:
    """Somebody before the camera, in the frames' own time."""

    def __init__(self, head: Head, who: Vector = SITI) -> None:
        self.head = head
        self.who = who
        self.posing = PoseSequence(QualityLimits(), same_person=0.9)
        self.at_s = 0.0

    def hold(self, poses: Sequence[Pose], *reasons: Reason) -> None:
        """Film poses; with reasons, frames that are not good enough."""
        for seen in self.head.film(poses, self.at_s):
            wanted = self.posing.wants(seen.at_s)
            probe = None if reasons or wanted is AnalysisDepth.FACE else self.who
            observation = Observation(
                seen.at_s, Box(0, 0, 9, 9), probe, reasons=reasons, sample=replace(seen, probe=probe)
            )
            self.posing.see(FrameAnalysis(observation, points=seen.points, portrait=PORTRAIT), wanted)
        self.at_s = seen.at_s + 1 / 30

    def prompt(self) -> Prompt | None:
        """Returns what is asked of the person now."""
        return self.posing.prompt

    def turn(self, asked: Asked) -> None:
        """Answer a turn that is asked for."""
        assert self.posing.pose is asked
        self.hold(answer(yaw_deg=25 if asked is Asked.LEFT else -25))


def test_a_head_that_turns_is_taken_ahead_and_to_both_sides(head: Head) -> None:
    sitter = Sitter(head)
    sitter.hold(AHEAD)
    assert sitter.prompt() == "turn_left"
    sitter.turn(Asked.LEFT)
    sitter.turn(Asked.RIGHT)
    assert sitter.posing.poses == tuple(Asked)
    assert len(sitter.posing.shots) == ENOUGH
    assert sitter.prompt() == "look_up"


def test_who_cannot_look_up_or_down_is_enrolled_without(head: Head) -> None:
    sitter = Sitter(head)
    sitter.hold(AHEAD)
    sitter.turn(Asked.LEFT)
    sitter.turn(Asked.RIGHT)
    sitter.hold(AHEAD * 13)
    assert sitter.posing.pose is None
    assert sitter.posing.refused is None
    assert sitter.posing.poses == (Asked.AHEAD, Asked.LEFT, Asked.RIGHT)


@pytest.mark.parametrize(
    ("cheat", "reason"), [({"flat": True}, Suspicion.FLAT), ({"stripes": 60.0}, Suspicion.SCREEN)], ids=str
)
def test_what_turns_as_a_picture_does_is_refused(head: Head, cheat: dict[str, Any], reason: Suspicion) -> None:
    sitter = Sitter(replace(head, **cheat))
    sitter.hold(AHEAD)
    sitter.turn(Asked.LEFT)
    assert sitter.posing.refused is None, "a person's turn may fail by chance"
    sitter.turn(Asked.LEFT)
    assert sitter.posing.refused is reason
    assert sitter.posing.pose is None
    assert len(sitter.posing.shots) < ENOUGH


def test_who_does_not_turn_is_asked_again_and_never_taken(head: Head) -> None:
    sitter = Sitter(head)
    sitter.hold(AHEAD * 20)
    assert sitter.posing.pose is Asked.LEFT
    assert len(sitter.posing.shots) == 1


def test_a_frame_that_is_not_good_enough_is_no_shot_and_says_why(head: Head) -> None:
    sitter = Sitter(head)
    sitter.hold(AHEAD, Reason.DARK)
    assert (sitter.posing.pose, sitter.posing.phrase) == (Asked.AHEAD, "dark")
    sitter.hold([Pose(yaw_deg=12)] * 10)
    assert (sitter.posing.shots, sitter.posing.phrase) == ([], "enrol_ahead")


def test_all_begins_again_with_another_person(head: Head) -> None:
    sitter = Sitter(head)
    sitter.hold(AHEAD)
    sitter.turn(Asked.LEFT)
    sitter.who = BUDI
    sitter.turn(Asked.RIGHT)
    sitter.hold(AHEAD)
    assert sitter.posing.pose is Asked.LEFT
    assert [shot.vector is BUDI for shot in sitter.posing.shots] == [True]
