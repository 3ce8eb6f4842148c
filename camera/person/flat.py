"""The same photo as a print held up to the camera: a plane in space."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Image
from camera.person.mesh import Pose, rotation
from camera.person.portrait import LEFT_SIDE, RIGHT_SIDE, Floats, crop, face_width, scaled
from camera.person.warp import reduced

SIDE, ABOVE, BELOW = 0.95, 0.5, 0.6
"""What of the photo is on the paper, in face widths from the face's middle, forehead and chin."""

MARGIN = 0.06
"""Width of the paper's white border, in face widths."""


class Print:
    """A print of a photo (H, W, 3) with its face mesh (468, 3), the face at most face_px wide."""

    def __init__(self, photo: Image, mesh: Floats, face_px: float) -> None:
        colour, self._mesh, _ = crop(*scaled(photo, mesh, face_px), (SIDE, ABOVE, BELOW))
        self._unit = face_width(self._mesh)
        edge = round(MARGIN * self._unit)
        paper = cv2.copyMakeBorder(colour, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(235, 238, 238))
        self._mesh = self._mesh + np.array([edge, edge, 0], np.float32)
        self._paper = cv2.cvtColor(paper, cv2.COLOR_BGR2BGRA).astype(np.uint8)

    def draw(self, pose: Pose, focal_px: float, size: tuple[int, int]) -> tuple[Image, Floats]:
        """The print in an empty picture (H, W, 4), and its face's points there (468, 2)."""
        part = min(1.0, pose.face_px / self._unit)
        paper = reduced(self._paper, part)
        height, width = paper.shape[:2]
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        plane = cv2.getPerspectiveTransform(corners, self._project(corners / part, pose, focal_px, size))
        picture = cv2.warpPerspective(paper, plane, size, flags=cv2.INTER_LINEAR)
        return np.asarray(picture, np.uint8), self._project(self._mesh[:, :2], pose, focal_px, size)

    def _project(self, points: Floats, pose: Pose, focal_px: float, size: tuple[int, int]) -> Floats:
        middle = (self._mesh[RIGHT_SIDE, :2] + self._mesh[LEFT_SIDE, :2]) / 2
        flat = np.column_stack([(points - middle) / self._unit, np.zeros(len(points), np.float32)])
        turned = flat @ rotation(pose.yaw_deg, pose.pitch_deg, pose.roll_deg).T
        z = np.maximum(turned[:, 2:] + focal_px / pose.face_px, 0.2)
        centre = np.array([size[0] / 2 + pose.x, size[1] / 2 + pose.y])
        return np.asarray(turned[:, :2] * focal_px / z + centre, np.float32)
