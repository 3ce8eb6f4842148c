"""The quality gate: whether a face is good enough to be embedded, and whether part of it is covered."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from models.face import Box, Points, Pose, RgbImage

# FaceMesh indices of three regions.
_CHEEKS = [118, 101, 50, 205, 36, 187, 347, 330, 280, 425, 266, 411]
_AROUND_MOUTH = [57, 43, 106, 182, 83, 18, 313, 406, 335, 273, 287, 432, 434, 212, 214, 194, 201, 200, 421, 418]
_EYES = [110, 24, 23, 22, 26, 56, 28, 27, 29, 30, 339, 254, 253, 252, 256, 286, 258, 257, 259, 260]

# Limits of `covered`, measured on 497 news portraits (LFW): 1.4 % of bare faces lie beyond one of them.
# docs/recognition.md has the shares of drawn masks and dark glasses that are found on the same portraits. A mask of
# the colour of skin is not found. All but the share are steps of OpenCV's 8-bit L*a*b*.
_MASK_CHROMA = 22.0
_MASK_DARKER = 90.0
_MASK_LIGHTER = 45.0
_GLASSES_SHARE = 0.2


def covered(image: RgbImage, points: Points) -> bool:
    """Whether a mask or dark glasses cover the face: the mouth differs in colour from the cheeks, or the eyes are dark.

    The image is (H, W, 3), the landmarks (468, 3). Colours are medians over the landmarks of a region, in CIE L*a*b* as
    OpenCV scales it to 0..255.
    """
    cheeks, mouth, eyes = (_colour(image, points[region]) for region in (_CHEEKS, _AROUND_MOUTH, _EYES))
    difference = cheeks - mouth
    masked = (
        float(np.hypot(difference[1], difference[2])) > _MASK_CHROMA
        or not -_MASK_LIGHTER < difference[0] < _MASK_DARKER
    )
    return masked or float(eyes[0]) < _GLASSES_SHARE * float(cheeks[0])


def _colour(image: RgbImage, points: Points) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    x = points[:, 0].round().astype(int).clip(0, width - 1)
    y = points[:, 1].round().astype(int).clip(0, height - 1)
    lab = cv2.cvtColor(np.ascontiguousarray(image[y, x][None]), cv2.COLOR_RGB2LAB)[0]
    return np.asarray(np.median(lab, axis=0), np.float32)


_EYE_CORNERS = ([33, 133], [263, 362])  # the person's right and left eye
# Around one eye: outer corner, upper lid twice, inner corner, lower lid twice (Soukupova and Cech 2016).
_EYE_OUTLINES = ([33, 160, 158, 133, 153, 144], [263, 387, 385, 362, 380, 373])
_SATURATED = 250
"""Grey level from which a pixel counts as saturated."""

_MID_GREY = 128


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
    """The limits of a good face. docs/recognition.md says where the defaults were measured."""

    min_eye_distance_px: float = 19.0
    """Belongs to a face about 48 px wide. A face of 80 px, from which on size gains nothing, has 32."""
    max_yaw_deg: float = 30.0
    max_pitch_deg: float = 28.0
    max_roll_deg: float = 30.0
    min_sharpness: float = 1.2
    """Mean absolute Laplacian in grey levels, as `sharpness` gives it."""
    min_contrast: float = 20.0
    """Grey levels between the darkest and the brightest of the middle of the chip, as `contrast` gives them."""
    max_saturated: float = 0.7
    """Share of saturated pixels in the middle of the chip."""
    min_eyes_open: float = 0.16
    """Least eye aspect ratio of a picture for a template. Probes have no such limit, as people blink."""
    full_eye_distance_px: float = 32.0
    """From here on a larger face counts no more in `weight`."""


def eye_distance_px(points: Points) -> float:
    """Pixels between the middles of the two eyes."""
    right, left = (points[corners, :2].mean(axis=0) for corners in _EYE_CORNERS)
    return float(np.linalg.norm(left - right))


def eyes_open(points: Points) -> float:
    """Mean eye aspect ratio of both eyes (Soukupova and Cech 2016): about 0.25 when open, below 0.16 when closed."""
    ratios = []
    for outline in _EYE_OUTLINES:
        p = points[outline, :2]
        height = np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])
        ratios.append(height / (2 * np.linalg.norm(p[0] - p[3])))
    return float(np.mean(ratios))


def geometry_reasons(points: Points, head: Pose, frame: Box, limits: QualityLimits) -> list[Reason]:
    """The faults of the place, size and pose of a face. `frame` is the box of the whole picture."""
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
    """The faults of light and focus, and covers over the face. `aligned` is the face's dlib chip (n, n, 3)."""
    grey = _middle(aligned)
    reasons = []
    if float((grey >= _SATURATED).mean()) > limits.max_saturated:
        reasons.append(Reason.GLARE)
    elif contrast(aligned) < limits.min_contrast:  # too little light, or light in the lens
        reasons.append(Reason.DARK if brightness(aligned) < _MID_GREY else Reason.GLARE)
    if sharpness(aligned) < limits.min_sharpness:
        reasons.append(Reason.BLURRED)
    if not reasons and covered(image, points):
        reasons.append(Reason.COVERED)
    return reasons


def brightness(aligned: RgbImage) -> float:
    """The median grey level of the middle of a dlib chip (n, n, 3)."""
    return float(np.median(_middle(aligned)))


def contrast(aligned: RgbImage) -> float:
    """Grey levels between the 5th and the 95th percentile of the middle of a dlib chip (n, n, 3)."""
    low, high = np.percentile(_middle(aligned), (5, 95))
    return float(high - low)


def sharpness(aligned: RgbImage) -> float:
    """The mean absolute Laplacian of the middle of a dlib chip (n, n, 3), in grey levels.

    Measured on the chip, it does not depend on how near the person stands.
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
