"""Is this face good enough to decide on? Each refusal is a reason that a person can act on."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from models.face import Box, Points, Pose, RgbImage

_EYES = ([33, 133], [263, 362])  # corners of the person's right and left eye


class Reason(StrEnum):
    """Why a frame was not used."""

    TWO_FACES = "two_faces"
    NO_LANDMARKS = "no_landmarks"
    TOO_FAR = "too_far"
    OUT_OF_PICTURE = "out_of_picture"
    TURNED = "turned"
    BLURRED = "blurred"
    DARK = "dark"
    GLARE = "glare"
    MOVING = "moving"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What a good face keeps to."""

    min_eye_distance_px: float = 24.0
    max_yaw_deg: float = 30.0
    max_pitch_deg: float = 25.0
    max_roll_deg: float = 30.0
    min_sharpness: float = 1.2
    min_brightness: float = 40.0
    max_brightness: float = 225.0


def eye_distance_px(points: Points) -> float:
    """Pixels between the middles of the two eyes."""
    right, left = (points[corners, :2].mean(axis=0) for corners in _EYES)
    return float(np.linalg.norm(left - right))


def geometry_reasons(points: Points, head: Pose, frame: Box, limits: QualityLimits) -> list[Reason]:
    """What is wrong with where the face is and how it is held; `frame` is the whole picture."""
    reasons = []
    if eye_distance_px(points) < limits.min_eye_distance_px:
        reasons.append(Reason.TOO_FAR)
    x, y = points[:, 0], points[:, 1]
    if x.min() < frame.x0 or y.min() < frame.y0 or x.max() > frame.x1 or y.max() > frame.y1:
        reasons.append(Reason.OUT_OF_PICTURE)
    turned = abs(head.yaw_deg) > limits.max_yaw_deg or abs(head.pitch_deg) > limits.max_pitch_deg
    if turned or abs(head.roll_deg) > limits.max_roll_deg:
        reasons.append(Reason.TURNED)
    return reasons


def light_reasons(aligned: RgbImage, limits: QualityLimits) -> list[Reason]:
    """What is wrong with light and focus on an aligned chip (n, n, 3).

    Brightness is the median luminance of the chip's middle. Sharpness is the mean absolute Laplacian there, in grey
    levels: on the chip it does not depend on how near the person stands.
    """
    side = aligned.shape[0]
    middle = slice(side // 4, side - side // 4)
    grey = cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[middle, middle]
    brightness = float(np.median(grey))
    reasons = []
    if brightness < limits.min_brightness:
        reasons.append(Reason.DARK)
    if brightness > limits.max_brightness:
        reasons.append(Reason.GLARE)
    if float(np.abs(cv2.Laplacian(grey, cv2.CV_16S)).mean()) < limits.min_sharpness:
        reasons.append(Reason.BLURRED)
    return reasons
