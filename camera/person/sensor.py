"""What the camera itself adds: a soft lens, exposure, shot and read noise."""

from __future__ import annotations

import cv2
import numpy as np

from camera.frame import Image

GAMMA = 2.2


class Sensor:
    """Makes a clean picture (H, W, 3) look taken. `exposure_ev` in stops; `noise`, in grey levels at mid-grey.

    The variance of the noise grows linearly with the light (shot noise) from a floor (read noise). Every frame takes
    its noise from another place of one seeded field, which costs a tenth of drawing it anew.
    """

    def __init__(self, size: tuple[int, int], *, exposure_ev: float, noise: float, seed: int) -> None:
        width, height = size
        levels = np.arange(256, dtype=np.float64)
        exposed = np.clip(255 * (levels / 255 * 2 ** (exposure_ev / GAMMA)), 0, 255)
        self._exposure = np.rint(exposed).astype(np.uint8)
        self._deviation = (noise * np.sqrt(0.25 + 0.75 * levels / 128)).astype(np.float32)
        self._rng = np.random.default_rng(seed)
        self._field = self._rng.standard_normal((height + 64, width + 64, 3), dtype=np.float32)

    def take(self, picture: Image) -> Image:
        """The next frame of this sensor."""
        height, width = picture.shape[:2]
        y, x = self._rng.integers(0, 64, 2)
        lit = cv2.LUT(cv2.GaussianBlur(picture, (3, 3), 0.5), self._exposure)
        noise = cv2.multiply(cv2.LUT(lit, self._deviation), self._field[y : y + height, x : x + width])
        return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U), np.uint8)


def wall(size: tuple[int, int], bgr: tuple[float, float, float], seed: int) -> Image:
    """A painted wall (H, W, 3): plain, lit unevenly, faintly blotched."""
    width, height = size
    rng = np.random.default_rng(seed)
    blotches = cv2.resize(rng.standard_normal((12, 16), dtype=np.float32), size, interpolation=cv2.INTER_CUBIC)
    light = np.linspace(1.04, 0.9, width)[None, :] * np.linspace(1.03, 0.93, height)[:, None] + 0.006 * blotches
    return np.asarray(np.clip(light[:, :, None] * np.array(bgr), 0, 255), np.uint8)
