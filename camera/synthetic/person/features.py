"""The eyelids and the mouth of a synthetic person."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from camera.frame import Image
from camera.synthetic.person.portrait import CHIN, Floats

# FaceMesh points from the outer to the inner corner: upper and lower lid of the right eye, then of the left.
EYES = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((263, 466, 388, 387, 386, 385, 384, 398, 362), (263, 249, 390, 373, 374, 380, 381, 382, 362)),
)

LASH = 0.7
"""The share of light that the lash line of a closed lid takes away."""

LOWEST = 1.1
"""How far a closed lid comes down, in eye openings: a little over the lower lid, to hide the whole eye."""


@dataclass(frozen=True, slots=True)
class Lids:
    """The part of a texture with both eyes.

    `window` is its place in the texture. `skin` (h, w, 3) shows the eyes closed. `fall` (h, w, 1) is 0 at the upper lid
    and 1 at the lower one. `eye` (h, w, 1) is 1 on the eyes and fades to 0 around them.
    """

    window: tuple[slice, slice]
    skin: Image
    fall: Floats
    eye: Floats

    def close(self, texture: Image, eyes_open: float) -> Image:
        """The texture (H, W, 4) with the lids lowered. It is returned unchanged when the eyes are open."""
        shut = LOWEST * (1 - eyes_open)
        if shut < 0.02:
            return texture
        lid = np.clip((shut - self.fall) / 0.12 + 0.5, 0, 1) * self.eye
        lash = np.exp(-(((self.fall - shut) / 0.16) ** 2)) * self.eye * (LASH * min(1.0, shut * 3))
        painted = texture.copy()
        part = texture[self.window][:, :, :3]
        painted[self.window][:, :, :3] = (part + (self.skin.astype(np.float32) - part) * lid) * (1 - lash)
        return painted


def lids_of(colour: Image, mesh: Floats) -> Lids:
    """The lids of a texture (H, W, 3) with its mesh (468, 3) in px."""
    eyes = mesh[[point for eye in EYES for lid in eye for point in lid], :2]
    margin = 0.35 * float(np.linalg.norm(mesh[33, :2] - mesh[133, :2]))
    low = np.maximum(np.floor(eyes.min(axis=0) - margin), 0).astype(int)
    high = np.ceil(eyes.max(axis=0) + margin).astype(int)
    window = slice(low[1], high[1]), slice(low[0], high[0])
    part = colour[window]
    fall, eye = np.zeros(part.shape[:2], np.float32), np.zeros(part.shape[:2], np.float32)
    for upper, lower in EYES:
        one_fall, one_eye = _fall(mesh[list(upper), :2] - low, mesh[list(lower), :2] - low, part.shape[:2])
        fall = np.where(one_eye > eye, one_fall, fall)
        eye = np.maximum(eye, one_eye)
    hidden = np.uint8((eye > 0.05) & (fall < 1.3)) * 255
    skin = cv2.inpaint(part, hidden, max(2.0, margin * 0.4), cv2.INPAINT_TELEA)
    skin = np.where(hidden[:, :, None] > 0, cv2.GaussianBlur(skin, (0, 0), max(0.8, margin * 0.08)), part)
    return Lids(window, skin.astype(np.uint8), fall[:, :, None], eye[:, :, None])


def _fall(upper: Floats, lower: Floats, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """`Lids.fall` and `Lids.eye` for one eye, (h, w) each, from its lid lines (9, 2)."""
    axis = upper[-1] - upper[0]
    length = float(np.linalg.norm(axis))
    axis = axis / length
    down = np.array([-axis[1], axis[0]]) if axis[0] > 0 else np.array([axis[1], -axis[0]])
    y, x = np.mgrid[: shape[0], : shape[1]]
    offset = np.stack([x, y], axis=-1) - upper[0]
    along, depth = offset @ axis, offset @ down
    lid, floor = (np.interp(along, (line - upper[0]) @ axis, (line - upper[0]) @ down) for line in (upper, lower))
    opening = np.maximum(floor - lid, 0.12 * length)
    fall = (depth - lid) / opening
    inside = np.minimum(along, length - along) / (0.08 * length) + 1
    eye = np.clip(inside, 0, 1) * np.clip((fall + 0.5) / 0.25, 0, 1) * np.clip((1.35 - fall) / 0.2, 0, 1)
    return np.asarray(fall, np.float32), np.asarray(eye, np.float32)


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
"""Face widths by which the lower lip goes down when the mouth is wide open."""

DARK_BGR = (38, 28, 52)
"""The colour of the inside of the mouth."""


def drops_of(head: Floats) -> Floats:
    """Face widths (V, 1) by which each vertex of a head (V, 3), face first, goes down when the mouth is wide open."""
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
    """Paint the inside of the mouth into a picture (H, W, 4) of a face (468, 2 or more).

    `opened` is as `HeadPose.mouth`. The picture is changed in place.
    """
    ring = np.rint(face[[*INNER_UPPER, *reversed(INNER_LOWER)], :2] * 16).astype(np.int32)
    inside = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(inside, [ring], (round(255 * min(1.0, 4 * opened)),), cv2.LINE_AA, shift=4)
    x, y, w, h = cv2.boundingRect(ring // 16)
    part = slice(max(y - 3, 0), max(y + h + 3, 0)), slice(max(x - 3, 0), max(x + w + 3, 0))
    if not inside[part].size:
        return
    soft = cv2.GaussianBlur(inside[part], (0, 0), 1.0)[:, :, None].astype(np.float32) / 255
    picture[part][:, :, :3] = picture[part][:, :, :3] * (1 - soft) + np.array(DARK_BGR, np.float32) * soft
