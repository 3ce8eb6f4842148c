"""Which of several faces is chosen as the person at the kiosk."""

from kiosk.recognition.observation import choose
from models.face import Box, Face

FRAME = Box(0, 0, 640, 480)


def face(x: float, side: float) -> Face:
    return Face(Box(x - side / 2, 240 - side / 2, x + side / 2, 240 + side / 2), 0.9)


def test_nobody() -> None:
    assert choose([], FRAME) == (None, False)


def test_a_small_face_behind_does_not_matter() -> None:
    near, far = face(320, 200), face(500, 80)
    assert choose([far, near], FRAME) == (near, False)


def test_two_comparable_faces_are_unclear() -> None:
    left, right = face(220, 150), face(430, 145)
    assert choose([left, right], FRAME)[1]


def test_the_central_face_wins_over_a_slightly_larger_one_at_the_edge() -> None:
    centre, edge = face(320, 180), face(600, 190)
    assert choose([edge, centre], FRAME)[0] == centre
