"""What somebody is told while they stand there."""

import pytest

from kiosk.recognition.guidance import guide_of
from kiosk.recognition.observation import Observation
from kiosk.recognition.pipeline import FrameAnalysis
from kiosk.recognition.visit import Doing
from kiosk.screen import Guide
from kiosk.screen.catalogue import Words
from models.face import Box
from models.liveness.actions import Action
from models.quality import Reason

SIZE = (640, 480)
THERE = FrameAnalysis(Observation(0.0, Box(160, 120, 320, 360)))
DARK = FrameAnalysis(Observation(0.0, Box(160, 120, 320, 360), reasons=(Reason.DARK, Reason.TOO_FAR)))


def told(doing: Doing, analysis: FrameAnalysis | None, asked: Action | None = None, progress: float = 0.0) -> Guide:
    return guide_of(doing, analysis, SIZE, asked, progress, Words())


def test_nobody_is_told_nothing() -> None:
    assert (
        told("nobody", THERE)
        == told("gathering", None)
        == told("gathering", FrameAnalysis(Observation(0.0)))
        == Guide()
    )


@pytest.mark.parametrize(
    ("doing", "analysis", "asked", "key"),
    [
        ("gathering", THERE, None, "steady"),
        ("gathering", DARK, None, "dark"),
        ("proving", THERE, None, "processing"),
        ("proving", DARK, Action.TURN_LEFT, "turn_left"),
        ("decided", DARK, None, ""),
    ],
)
def test_what_stands_in_the_way_is_said(doing: Doing, analysis: FrameAnalysis, asked: Action | None, key: str) -> None:
    guide = told(doing, analysis, asked, 0.5)
    assert guide.key == key
    assert guide.box == (0.25, 0.25, 0.25, 0.5)
    assert guide.asked == (None if asked is None else asked.value)


def test_who_has_turned_is_told_to_look_ahead_again() -> None:
    assert told("proving", THERE, Action.TURN_RIGHT, 0.9).asked == "turn_right"
    done = told("proving", THERE, Action.TURN_RIGHT, 1.0)
    assert (done.asked, done.hint) == ("hold", "Hadap lurus ke depan")
