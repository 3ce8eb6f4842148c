"""A photo printed on paper, shown in place of the person."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Image
from camera.synthetic.person.mesh import HeadPose, HeadView
from camera.synthetic.person.portrait import Floats, crop, face_width, scaled
from camera.synthetic.person.sheet import FLAT, PaintedSheet, opaque

SIDE, ABOVE, BELOW = 0.95, 0.5, 0.6
"""How much of the photo is on the paper, in face widths from the face's middle, forehead and chin."""

MARGIN = 0.06
"""Width of the paper's white border, in face widths."""


def printed(photo: Image, mesh: Floats, face_px: float) -> tuple[Image, Floats]:
    """A photo (H, W, 3) on paper with a white border, and its mesh there. The face is at most `face_px` wide."""
    colour, mesh, _ = crop(*scaled(photo, mesh, face_px), (SIDE, ABOVE, BELOW))
    edge = round(MARGIN * face_width(mesh))
    paper = cv2.copyMakeBorder(colour, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(235, 238, 238))
    return np.asarray(paper, np.uint8), mesh + np.array([edge, edge, 0], np.float32)


class Print:
    """A stiff print of a photo (H, W, 3) with its face mesh (468, 3). The face is at most `face_px` wide."""

    def __init__(self, photo: Image, mesh: Floats, face_px: float) -> None:
        paper, mesh = printed(photo, mesh, face_px)
        self._sheet = PaintedSheet(opaque(paper), mesh)

    def draw(self, pose: HeadPose, view: HeadView) -> tuple[Image, Floats]:
        """The print in a transparent picture (H, W, 4), and the face's points in it (468, 2)."""
        layer, _ = self._sheet.draw(pose, FLAT, view)
        return layer, self._sheet.points(self._sheet.mesh, pose, FLAT, view)
