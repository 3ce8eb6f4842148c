"""Is this face good enough to decide on? Each refusal is a reason that a person can act on."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from models.covering import covered
from models.face import Box, Points, Pose, RgbImage

_EYE_CORNERS = ([33, 133], [263, 362])  # the person's right and left eye
# Around one eye: outer corner, upper lid twice, inner corner, lower lid twice (Soukupova and Cech 2016).
_EYE_OUTLINES = ([33, 160, 158, 133, 153, 144], [263, 387, 385, 362, 380, 373])
_SATURATED = 250


class Reason(StrEnum):
    """Why a frame was not used."""

    TWO_FACES = "two_faces"
    NO_LANDMARKS = "no_landmarks"
    TOO_FAR = "too_far"
    OUT_OF_PICTURE = "out_of_picture"
    TURNED = "turned"
    COVERED = "covered"
    EYES_CLOSED = "eyes_closed"
    BLURRED = "blurred"
    DARK = "dark"
    GLARE = "glare"
    MOVING = "moving"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class QualityLimits:
    """What a good face keeps to. docs/recognition.md says where the defaults were measured."""

    min_eye_distance_px: float = 19.0
    """About a face of 48 px. A face of 80 px, the size worth having, has 32."""
    max_yaw_deg: float = 30.0
    max_pitch_deg: float = 28.0
    max_roll_deg: float = 30.0
    min_sharpness: float = 1.2
    min_brightness: float = 40.0
    max_brightness: float = 225.0
    max_saturated: float = 0.08
    min_eyes_open: float = 0.16
    """Of a template only: people blink."""
    full_eye_distance_px: float = 32.0
    """From here on a larger face gains nothing."""


def eye_distance_px(points: Points) -> float:
    """Pixels between the middles of the two eyes."""
    right, left = (points[corners, :2].mean(axis=0) for corners in _EYE_CORNERS)
    return float(np.linalg.norm(left - right))


def eyes_open(points: Points) -> float:
    """Eye aspect ratio, mean of both eyes: about 0.25 when open, below 0.16 when closed."""
    ratios = []
    for outline in _EYE_OUTLINES:
        p = points[outline, :2]
        height = np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])
        ratios.append(height / (2 * np.linalg.norm(p[0] - p[3])))
    return float(np.mean(ratios))


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


def light_reasons(image: RgbImage, points: Points, aligned: RgbImage, limits: QualityLimits) -> list[Reason]:
    """What is wrong with light, focus and what lies over the face; `aligned` is the face's dlib chip (n, n, 3).

    Brightness is the median luminance of the chip's middle.
    """
    grey = _middle(aligned)
    brightness = float(np.median(grey))
    reasons = []
    if brightness < limits.min_brightness:
        reasons.append(Reason.DARK)
    if brightness > limits.max_brightness or float((grey >= _SATURATED).mean()) > limits.max_saturated:
        reasons.append(Reason.GLARE)
    if sharpness(aligned) < limits.min_sharpness:
        reasons.append(Reason.BLURRED)
    if not reasons and covered(image, points):
        reasons.append(Reason.COVERED)
    return reasons


def sharpness(aligned: RgbImage) -> float:
    """The mean absolute Laplacian of the middle of a dlib chip (n, n, 3), in grey levels.

    On the chip it does not depend on how near the person stands.
    """
    return float(np.abs(cv2.Laplacian(_middle(aligned), cv2.CV_16S)).mean())


def _middle(aligned: RgbImage) -> NDArray[np.uint8]:
    side = aligned.shape[0]
    middle = slice(side // 4, side - side // 4)
    return np.asarray(cv2.cvtColor(aligned, cv2.COLOR_RGB2GRAY)[middle, middle], np.uint8)


def weight(points: Points, head: Pose, limits: QualityLimits) -> float:
    """How much a good frame counts in the average of a visit, 0 to 1: more for a near face that looks ahead."""
    near = min(eye_distance_px(points) / limits.full_eye_distance_px, 1.0)
    return near * float(np.cos(np.radians(head.yaw_deg)) * np.cos(np.radians(head.pitch_deg)))
