"""Alignment: a face is rotated, scaled and shifted to where the embedder's training images had it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.face import Points, RgbImage

# FaceMesh indices of the outer and inner corner of the person's left eye, of the right eye, and of the base of the
# nose, and their positions in dlib's mean face, in shares of its side. dlib's shape_predictor_5_face_landmarks.dat is
# trained on the same shape.
_LANDMARKS = (263, 362, 33, 133, 2)
_MEAN_FACE = np.array(
    [
        (0.8595674595992, 0.2134981538014),
        (0.6460604764104, 0.2289674387677),
        (0.1205750620789, 0.2137274526848),
        (0.3340850613712, 0.2290642403242),
        (0.4901123135679, 0.6277975316475),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The positions of landmarks in a chip, which is the aligned picture of a face.

    The chip is `size` px square. `landmarks` are n FaceMesh indices, `targets` (n, 2) their positions in px.
    """

    size: int
    landmarks: tuple[int, ...]
    targets: NDArray[np.float64]


def _placed(size: int, eyes: float, middle: tuple[float, float]) -> Alignment:
    """The mean face with its eyes `eyes` apart and the point between them at `middle`, in shares of the side."""
    corners = _MEAN_FACE[:4]
    apart = float(np.linalg.norm(corners[:2].mean(axis=0) - corners[2:].mean(axis=0)))
    return Alignment(size, _LANDMARKS, ((_MEAN_FACE - corners.mean(axis=0)) * eyes / apart + middle) * size)


PORTRAIT = _placed(224, 0.28, (0.5, 0.41))
"""The whole face with a margin. Enrolment pictures are kept like this; every other alignment is cut from it."""

# As dlib's get_face_chip_details(size=150, padding=0.25) places them: (0.25 + p) / 1.5 of the side.
_DLIB = (0.25 + _MEAN_FACE) / 1.5 * 150

ALIGNMENTS = {
    "portrait": PORTRAIT,
    "dlib": Alignment(150, _LANDMARKS, _DLIB),
    # The same, 8 % larger about the chip's middle: a second view of one face.
    "dlib-near": Alignment(150, _LANDMARKS, (_DLIB - 75) * 1.08 + 75),
    # Fitted to the five points of ArcFace's 112 px template (Deng et al. 2019) over the mean of 3,077 faces (LFW).
    "arcface": _placed(112, 0.326, (0.4992, 0.4649)),
    # The five points that Intel's face-reidentification-retail-0095 was trained on (its model card).
    "retail": _placed(128, 0.347, (0.4992, 0.4535)),
}
"""The alignments by the name that the catalogue of assets uses. All place the same mean face, so that one chip can be
cut from another."""


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) similarity (rotation, scale, shift) that brings source points (n, 2) nearest to target points (n, 2).

    Least squares over complex numbers, w = a z + b (Umeyama 1991, without reflection). Raises ModelError when the
    source points coincide.
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
    """The aligned face (size, size, 3) of a picture with landmarks (468, 3), in the picture's own colour order."""
    source = points[list(alignment.landmarks), :2].astype(np.float64)
    return _warped(image, similarity(source, alignment.targets), alignment.size)


def cut(portrait: RgbImage, alignment: Alignment) -> RgbImage:
    """The chip of an alignment, cut from a portrait (224, 224, 3). No landmarks are needed: the portrait is aligned."""
    if alignment is PORTRAIT:
        return portrait
    return _warped(portrait, similarity(PORTRAIT.targets, alignment.targets), alignment.size)


def _warped(image: RgbImage, matrix: NDArray[np.float64], size: int) -> RgbImage:
    return np.asarray(cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)
