"""Bring a face to the place, size and upright pose an embedder was trained on."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.face import Points, RgbImage


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where landmarks go in a chip: `size` px square, `landmarks` FaceMesh indices, `targets` (n, 2) px."""

    size: int
    landmarks: tuple[int, ...]
    targets: NDArray[np.float64]


def _dlib() -> Alignment:
    # dlib's mean shape for get_face_chip_details(size=150, padding=0.25): (0.25 + p) / 1.5 of the side.
    mean = np.array(
        [
            (0.8595674595992, 0.2134981538014),
            (0.6460604764104, 0.2289674387677),
            (0.1205750620789, 0.2137274526848),
            (0.3340850613712, 0.2290642403242),
            (0.4901123135679, 0.6277975316475),
        ]
    )
    return Alignment(150, (263, 362, 33, 133, 2), (0.25 + mean) / 1.5 * 150)


ALIGNMENTS = {"dlib": _dlib()}
"""By the name an asset gives."""


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) rotation, scale and shift that brings source points (n, 2) nearest to target points (n, 2).

    Least squares over complex numbers, w = a z + b (Umeyama 1991, without reflection). ModelError when the source
    points coincide.
    """
    z, w = source @ (1, 1j), target @ (1, 1j)
    centred = z - z.mean()
    spread = np.vdot(centred, centred).real
    if spread < 1e-9:
        raise ModelError("the landmarks of this face all lie on one spot: it cannot be aligned")
    a = np.vdot(centred, w - w.mean()) / spread
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def chip(image: RgbImage, points: Points, alignment: Alignment) -> RgbImage:
    """The aligned face, (size, size, 3), in the picture's own colour order."""
    source = points[list(alignment.landmarks), :2].astype(np.float64)
    size = (alignment.size, alignment.size)
    aligned = cv2.warpAffine(image, similarity(source, alignment.targets), size, flags=cv2.INTER_LINEAR)
    return np.asarray(aligned, np.uint8)
