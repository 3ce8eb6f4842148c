"""FaceMesh landmarks of the one face that was chosen."""

from types import TracebackType
from typing import Self

import numpy as np
from mediapipe.python.solutions.face_mesh import FaceMesh

from models.errors import ModelError
from models.face import Box, Points, RgbImage

# FaceMesh follows whichever face it likes; it is shown nothing but the chosen one with room to find it.
_VISIBLE = 2.2
# A mesh that belongs to the chosen face covers most of the detector's box.
_SAME_FACE = 0.4

_LANDMARKS = 468
_WIRE = np.dtype([("_", "V2"), ("_x", "u1"), ("x", "<f4"), ("_y", "u1"), ("y", "<f4"), ("_z", "u1"), ("z", "<f4")])


class LandmarkFinder:
    """468 landmarks by MediaPipe FaceMesh, following a face from one frame to the next.

    One finder belongs to one thread. Source of the model: Kartynnik et al. 2019, arXiv:1907.06724.
    """

    def __init__(self) -> None:
        self._mesh = FaceMesh(static_image_mode=False, max_num_faces=1, refine_landmarks=False)
        self._window = np.zeros((0, 0, 3), np.uint8)
        self._shown = (slice(0, 0), slice(0, 0))

    def find(self, image: RgbImage, chosen: Box) -> Points | None:
        """The landmarks of the face in `chosen`, or None when the mesh does not fit there."""
        points = self._process(self._only(image, chosen))
        if points is not None and bounds(points).overlap(chosen) < _SAME_FACE:
            # Still hanging on to the face of a frame before: start afresh on this one.
            self.forget()
            points = self._process(self._window)
            if points is not None and bounds(points).overlap(chosen) < _SAME_FACE:
                return None
        return points

    def forget(self) -> None:
        """Stop following: the next picture is a new scene."""
        self._mesh.reset()

    def close(self) -> None:
        """Release the MediaPipe graph."""
        self._mesh.close()

    def _only(self, image: RgbImage, chosen: Box) -> RgbImage:
        if self._window.shape != image.shape:
            self._window = np.zeros_like(image)
        self._window[self._shown] = 0
        height, width = image.shape[:2]
        x0, y0, x1, y1 = (int(v) for v in chosen.grown(_VISIBLE))
        self._shown = (slice(max(y0, 0), min(y1, height)), slice(max(x0, 0), min(x1, width)))
        self._window[self._shown] = image[self._shown]
        return self._window

    def _process(self, image: RgbImage) -> Points | None:
        found = self._mesh.process(image).multi_face_landmarks
        if not found:
            return None
        height, width = image.shape[:2]
        return _read(found[0].SerializeToString()) * np.array([width, height, width], np.float32)  # z is scaled like x

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(message: bytes) -> Points:
    """The x, y and z of a NormalizedLandmarkList on the wire, (468, 3): twenty times faster than through its objects.

    Each landmark takes 17 bytes: tag and length of the message, then a tag and a little-endian float three times.
    """
    if len(message) != _LANDMARKS * _WIRE.itemsize:
        raise ModelError(f"FaceMesh gave {len(message)} bytes of landmarks, not {_LANDMARKS * _WIRE.itemsize}")
    wire = np.frombuffer(message, _WIRE)
    return np.stack([wire["x"], wire["y"], wire["z"]], axis=1)


def bounds(points: Points) -> Box:
    """The smallest box around the landmarks."""
    x0, y0 = points[:, :2].min(axis=0)
    x1, y1 = points[:, :2].max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1))
