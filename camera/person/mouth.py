"""Opening the mouth: the lower lip and the chin go down, and the dark between the lips comes to be seen."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Image
from camera.person.portrait import CHIN, Floats

MOUTH_CORNERS = (61, 291)

# FaceMesh points from the right corner to the left: the inner edge of the upper and of the lower lip.
INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER = (95, 88, 178, 87, 14, 317, 402, 318, 324)
# All of the lower lip between the corners: its inner edge, the two rows of its red, its outer edge.
LOWER_LIP = (
    *INNER_LOWER,
    *(96, 89, 179, 86, 15, 316, 403, 319, 325),
    *(77, 90, 180, 85, 16, 315, 404, 320, 307),
    *(146, 91, 181, 84, 17, 314, 405, 321, 375),
)

WIDE = 0.2
"""How far the lower lip goes down, in face widths, when the mouth is wide open."""

DARK_BGR = (38, 28, 52)


def drops_of(head: Floats) -> Floats:
    """How far each vertex goes down when the mouth is wide open, (V, 1) in face widths: (V, 3) with the face first."""
    corners = head[list(MOUTH_CORNERS)]
    middle, half = corners.mean(axis=0), float(np.ptp(corners[:, 0])) / 2
    across = (head[:, 0] - middle[0]) / half
    down = (head[:, 1] - middle[1]) / (head[CHIN, 1] - middle[1])
    below = np.clip(down / 0.6, 0, 1) * np.exp(-(np.maximum(down - 1, 0) ** 2) / 0.15)
    drops = below * np.exp(-((across / 2.2) ** 2))
    lip = list(LOWER_LIP)
    drops[lip] = np.sqrt(np.clip(1 - across[lip] ** 2, 0, 1))
    return np.asarray(WIDE * drops[:, None], np.float32)


def darken(picture: Image, face: Floats, opened: float) -> None:
    """Paint the inside of the mouth into a picture (H, W, 4) of a face (468, >= 2), `opened` as in `Pose.mouth`."""
    ring = np.rint(face[[*INNER_UPPER, *reversed(INNER_LOWER)], :2] * 16).astype(np.int32)
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(inside, [ring], (round(255 * min(1.0, 4 * opened)),), cv2.LINE_AA, shift=4)
    x, y, w, h = cv2.boundingRect(ring // 16)
    part = slice(max(y - 3, 0), max(y + h + 3, 0)), slice(max(x - 3, 0), max(x + w + 3, 0))
    if not inside[part].size:
        return
    soft = cv2.GaussianBlur(inside[part], (0, 0), 1.0)[:, :, None].astype(np.float32) / 255
    picture[part][:, :, :3] = picture[part][:, :, :3] * (1 - soft) + np.array(DARK_BGR, np.float32) * soft
