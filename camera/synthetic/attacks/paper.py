"""Prints held in two hands: plain ones, and ones with eye holes through which the attacker looks."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from camera.frame import Image, Prompt
from camera.synthetic.attacks.held import Showing, gripped
from camera.synthetic.person.camera import Actor
from camera.synthetic.person.features import EYES
from camera.synthetic.person.mesh import HeadPose, HeadView
from camera.synthetic.person.paper import printed
from camera.synthetic.person.portrait import Floats, face_width, portrait_of
from camera.synthetic.person.script import Stand
from camera.synthetic.person.sheet import Bend, PaintedSheet, over

BEHIND = 0.15
"""Distance of the attacker's face behind the paper, in face widths."""

EYE_CENTRES = ((33, 133), (263, 362))


class Paper:
    """A print of a photo (H, W, 3) with its mesh (468, 3), held in two hands. The face is at most `face_px` wide."""

    does: frozenset[Prompt] = frozenset({"turn_left", "turn_right", "come_closer", "hold"})

    def __init__(self, photo: Image, mesh: Floats, face_px: float, seed: int) -> None:
        paper, mesh = printed(photo, mesh, face_px)
        self._sheet = PaintedSheet(*gripped(_inked(paper, seed), mesh, face_width(mesh), seed), face_width(mesh))

    def show(self, pose: HeadPose, bend: Bend, view: HeadView, at_s: float) -> Showing:  # noqa: ARG002 - a print does not change
        """Draw the print as it is held."""
        layer, _ = self._sheet.draw(pose, bend, view)
        return Showing(layer, self._sheet.points(self._sheet.mesh, pose, bend, view))


class Mask:
    """A print with holes cut out for the eyes. Behind it an attacker, given by a photo and mesh, moves and blinks."""

    does: frozenset[Prompt] = frozenset({"turn_left", "turn_right", "come_closer", "blink", "hold"})

    def __init__(self, photo: tuple[Image, Floats], attacker: tuple[Image, Floats], face_px: float, seed: int) -> None:
        paper, mesh = printed(*photo, face_px)
        unit = face_width(mesh)
        texture, gripped_mesh = gripped(_inked(paper, seed), mesh, unit, seed)
        _cut_eyes(texture, gripped_mesh)
        self._sheet = PaintedSheet(texture, gripped_mesh, unit)
        self._attacker = Actor(portrait_of(*attacker, face_px))
        self._moves = Stand(face_px=1.0, seed=seed)
        own = attacker[1]
        self._size = _eyes_apart(mesh) / unit / (_eyes_apart(own) / face_width(own))

    def show(self, pose: HeadPose, bend: Bend, view: HeadView, at_s: float) -> Showing:
        """Draw the print, and the attacker's eyes in its holes."""
        layer, _ = self._sheet.draw(pose, bend, view)
        points = self._sheet.points(self._sheet.mesh, pose, bend, view)
        behind, eyes_open = self._behind(pose, _between_eyes(points), view, at_s)
        front = over(layer, np.asarray(behind[:, :, :3], np.uint8))
        alpha = cv2.max(layer[:, :, 3], behind[:, :, 3])
        return Showing(np.asarray(np.dstack([front, alpha]), np.uint8), points, eyes_open)

    def _behind(self, pose: HeadPose, eyes: Floats, view: HeadView, at_s: float) -> tuple[Image, float]:
        """The attacker behind the paper, with the eyes at the holes, and how open they are.

        The attacker's head makes half of the paper's turns, and motions of its own.
        """
        own = self._moves.pose(at_s)
        face_px = pose.face_px * self._size / (1 + BEHIND * pose.face_px / view.focal_px)
        head = HeadPose(
            present=True,
            face_px=face_px,
            yaw_deg=0.5 * pose.yaw_deg + 0.15 * own.yaw_deg,
            pitch_deg=0.5 * pose.pitch_deg,
            roll_deg=pose.roll_deg,
            eyes_open=min(own.eyes_open, pose.eyes_open),
        )
        x, y = eyes - _between_eyes(self._attacker.points(head, view))
        placed = replace(head, x=float(x + face_px * own.x), y=float(y + face_px * own.y))
        return self._attacker.draw(placed, view)[0], head.eyes_open


def _inked(paper: Image, seed: int) -> Image:
    """The paper in the colours of a printer (H, W, 4): with less contrast and a colour cast."""
    random = np.random.default_rng((seed, 4))
    black, white = random.uniform(18, 40), random.uniform(222, 245)
    cast = random.uniform(0.94, 1.06, 3)
    levels = (black + np.arange(256)[:, None] * (white - black) / 255) * cast
    table = np.rint(np.clip(levels, 0, 255)).astype(np.uint8)[None]
    return np.asarray(cv2.cvtColor(cv2.LUT(paper, table), cv2.COLOR_BGR2BGRA), np.uint8)


def _cut_eyes(texture: Image, mesh: Floats) -> None:
    """Cut out the eyes: an ellipse a little larger than each becomes transparent."""
    holes = np.zeros(texture.shape[:2], np.uint8)
    for upper, lower in EYES:
        eye = mesh[[*upper, *lower]]
        middle, across = eye.mean(axis=0), eye[len(upper) - 1] - eye[0]
        half = 0.62 * float(np.hypot(*across))
        angle = float(np.degrees(np.arctan2(across[1], across[0])))
        cv2.ellipse(holes, (middle.tolist(), (2 * half, 1.3 * half), angle), (255,), -1, cv2.LINE_AA)
    texture[:, :, 3] = cv2.subtract(texture[:, :, 3], holes)


def _between_eyes(points: Floats) -> Floats:
    return np.asarray(points[[point for eye in EYE_CENTRES for point in eye], :2].mean(axis=0), np.float32)


def _eyes_apart(mesh: Floats) -> float:
    right, left = (mesh[list(eye)].mean(axis=0) for eye in EYE_CENTRES)
    return float(np.linalg.norm(left - right))
