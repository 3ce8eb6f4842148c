"""FaceMesh landmarks of one face, and the pose of the head from them."""

from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from models.detector import MODULES, FaceMesh
from models.errors import ModelError
from models.face import Box, Points, Pose, RgbImage
from models.runtime import Network

# FaceMesh may follow any face of a picture, and misses small ones. It is shown a square window around the chosen face
# only: so many times the size of the detector's box, scaled to so many px.
_WINDOW_BOXES = 2.0
_WINDOW_PX = 256
_EYES = (33, 263)  # outer corners
_MARGIN = 1.5
_SAME_FACE = 0.3
"""Least overlap (intersection over union) of the mesh with the detector's box; a mesh below it is of another face."""

_LANDMARKS = 468
# One landmark on the wire: x, y and z as floats, and the tags between them.
_WIRE = np.dtype([("_", "V2"), ("_x", "u1"), ("x", "<f4"), ("_y", "u1"), ("y", "<f4"), ("_z", "u1"), ("z", "<f4")])


class LandmarkFinder:
    """468 landmarks by MediaPipe FaceMesh, following a face from one frame to the next.

    MediaPipe's graph finds a face; on the frames after that, the interpreter runs its network where the face was, as
    the graph would. One finder belongs to one thread. Source of the model: Kartynnik et al. 2019, arXiv:1907.06724.
    """

    def __init__(self) -> None:
        self._graph = FaceMesh(static_image_mode=True, max_num_faces=1, refine_landmarks=False)
        self._network = Network((MODULES / "face_landmark/face_landmark.tflite").read_bytes(), outputs=2)
        self._last: Points | None = None  # in shares of the window of the frame before, z too

    def find(self, image: RgbImage, chosen: Box) -> Points | None:
        """The landmarks of the face in `chosen`, or None when the mesh does not fit there."""
        points = self._in_window(image, chosen)
        if points is not None and bounds(points).overlap(chosen) < _SAME_FACE:
            # It still follows the face of an earlier frame: start again on this one.
            self.forget()
            points = self._in_window(image, chosen)
            if points is not None and bounds(points).overlap(chosen) < _SAME_FACE:
                return None
        return points

    def forget(self) -> None:
        """Stop following. Call before a picture that does not continue the last one."""
        self._last = None

    def close(self) -> None:
        """Release the MediaPipe graph."""
        self._graph.close()

    def _in_window(self, image: RgbImage, chosen: Box) -> Points | None:
        # The window moves with the face, so that the mesh lies where it was in the frame before.
        side = max(chosen.width, chosen.height) * _WINDOW_BOXES
        x0, y0 = chosen.centre[0] - side / 2, chosen.centre[1] - side / 2
        scale = _WINDOW_PX / side
        shift = np.array([[scale, 0, -x0 * scale], [0, scale, -y0 * scale]])
        window = np.asarray(cv2.warpAffine(image, shift, (_WINDOW_PX, _WINDOW_PX), flags=cv2.INTER_LINEAR), np.uint8)
        self._last = self._found(window) if self._last is None else self._followed(window, self._last * _WINDOW_PX)
        if self._last is None:
            return None
        return self._last * np.float32(side) + np.array([x0, y0, 0], np.float32)

    def _found(self, window: RgbImage) -> Points | None:
        """The landmarks in shares of the window's side, wherever in it the face is."""
        found = self._graph.process(window).multi_face_landmarks
        return _read(found[0].SerializeToString()) if found else None

    def _followed(self, window: RgbImage, before: Points) -> Points | None:
        """The landmarks in shares of the window's side, of a face that had the landmarks `before` in px."""
        size = self._network.input_shape[1]
        place = _place(before, size)
        face = cv2.warpAffine(
            window, place, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        mesh, presence = self._network.run_all(face[np.newaxis] * np.float32(1 / 255))
        if presence.item() <= 0:  # the logistic function makes 0.5 of it, the graph's limit
            return None
        points = mesh.reshape(_LANDMARKS, 3)
        depth = points[:, 2:] * np.hypot(*place[:, 0])
        return np.hstack([points[:, :2] @ place[:, :2].T + place[:, 2], depth]).astype(np.float32) / _WINDOW_PX

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(message: bytes) -> Points:
    """The x, y and z (468, 3) of a serialised NormalizedLandmarkList: twenty times as fast as through its objects.

    Each landmark takes 17 bytes: tag and length of the message, then a tag and a little-endian float three times.
    Raises ModelError for another length.
    """
    if len(message) != _LANDMARKS * _WIRE.itemsize:
        raise ModelError(f"FaceMesh gave {len(message)} bytes of landmarks, not {_LANDMARKS * _WIRE.itemsize}")
    wire = np.frombuffer(message, _WIRE)
    return np.stack([wire["x"], wire["y"], wire["z"]], axis=1)


def _place(points: Points, size: int) -> NDArray[np.float64]:
    """The affine map (2, 3) to a face's picture from the network's input of `size` px.

    The input shows the square around the landmarks, half as large again and turned so that the outer corners of the
    eyes are level (face_landmark_landmarks_to_roi.pbtxt of MediaPipe).
    """
    box = bounds(points)
    x, y = (points[_EYES[1]] - points[_EYES[0]])[:2] / np.linalg.norm((points[_EYES[1]] - points[_EYES[0]])[:2])
    turned = np.array([[x, -y], [y, x]]) * _MARGIN * max(box.width, box.height) / size
    return np.column_stack([turned, np.array(box.centre) - turned.sum(axis=1) * size / 2])


def bounds(points: Points) -> Box:
    """The smallest box around the landmarks."""
    x0, y0 = points[:, :2].min(axis=0)
    x1, y1 = points[:, :2].max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1))


# FaceMesh indices of points that mirror each other, on the person's right (left in the picture) and left: temples,
# cheeks, eye and mouth corners.
_RIGHT = [127, 234, 93, 33, 133, 61, 58]
_LEFT = [356, 454, 323, 263, 362, 291, 288]
# Along the midline: forehead and nose bridge above, chin and lower lip below.
_UPPER = [10, 151, 9, 168]
_LOWER = [152, 175, 199, 200]
# The line from forehead to chin of a level face leans back by this much: the median over 596 news portraits (LFW).
_LEVEL_DEG = 4.9


def pose(points: Points) -> Pose:
    """Yaw, pitch and roll of a face with landmarks (468, 3).

    The mean direction across the face and that down the face are made orthogonal (Gram-Schmidt) and read as a rotation
    of roll, then pitch, then yaw. FaceMesh estimates z from one picture: a frontal face gives values within a few
    degrees of 0.
    """
    across = (points[_LEFT] - points[_RIGHT]).mean(axis=0).astype(np.float64)
    down = (points[_LOWER].mean(axis=0) - points[_UPPER].mean(axis=0)).astype(np.float64)
    x = _unit(across)
    y = _unit(down - x * (down @ x))
    z = np.cross(x, y)  # out of the back of the head
    yaw = np.degrees(np.arctan2(-z[0], np.hypot(z[1], z[2])))
    pitch = np.degrees(np.arctan2(z[1], z[2]))
    roll = np.degrees(np.arctan2(x[1], x[0]))
    return Pose(float(yaw), float(pitch) + _LEVEL_DEG, float(roll))


def _unit(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return v / max(float(np.linalg.norm(v)), 1e-9)
