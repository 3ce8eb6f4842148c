"""Which of the faces in a picture is the person at the kiosk."""

from collections.abc import Sequence

from models.face import Box, Face

# A second face this large beside the first makes it unclear who is meant.
_COMPARABLE = 0.5
# A face at the edge counts this much of its size: people pass behind, the person at the kiosk stands before it.
_AT_THE_EDGE = 0.4


def prominence(face: Face, frame: Box) -> float:
    """How much a face stands out: its area in square pixels, less towards the edges of the picture."""
    away = abs(face.box.centre[0] - frame.centre[0]) / (frame.width / 2)
    return face.box.area * (1 - (1 - _AT_THE_EDGE) * min(away, 1.0))


def choose(faces: Sequence[Face], frame: Box) -> tuple[Face | None, bool]:
    """The largest, most central face (None when there is none), and whether another is comparable to it."""
    ranked = sorted(faces, key=lambda face: -prominence(face, frame))
    if not ranked:
        return None, False
    rivals = [face for face in ranked[1:] if prominence(face, frame) >= _COMPARABLE * prominence(ranked[0], frame)]
    return ranked[0], bool(rivals)
