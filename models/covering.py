"""Is part of the face covered: a mask over the mouth, dark glasses over the eyes? From colour at the landmarks."""

import cv2
import numpy as np
from numpy.typing import NDArray

from models.face import Points, RgbImage

_CHEEKS = [118, 101, 50, 205, 36, 187, 347, 330, 280, 425, 266, 411]
_AROUND_MOUTH = [57, 43, 106, 182, 83, 18, 313, 406, 335, 273, 287, 432, 434, 212, 214, 194, 201, 200, 421, 418]
_EYES = [110, 24, 23, 22, 26, 56, 28, 27, 29, 30, 339, 254, 253, 252, 256, 286, 258, 257, 259, 260]

# Measured on 497 news portraits (LFW): 1.4 % of bare faces lie beyond one of them. docs/recognition.md says what share
# of drawn masks and dark glasses on the same portraits does; a skin-coloured mask is not seen.
_MASK_CHROMA = 22.0
_MASK_DARKER = 90.0
_MASK_LIGHTER = 45.0
_GLASSES_SHARE = 0.2


def covered(image: RgbImage, points: Points) -> bool:
    """Whether the mouth has another colour than the cheeks, or the eyes are far darker than them.

    Colours are CIE L*a*b* as OpenCV scales it to 0..255, the median over the landmarks of a region.
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
