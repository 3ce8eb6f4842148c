"""Face detection with BlazeFace, and the import of MediaPipe's face solutions.

MediaPipe imports matplotlib, which is not needed here and is not on a device. It is given an empty module instead.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType, TracebackType
from typing import Self

from models.face import Box, Face, RgbImage

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


@contextmanager
def _without_plotting() -> Iterator[None]:
    absent = [name for name in _PLOTTING if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _without_plotting():
    from mediapipe.python.solutions.face_detection import FaceDetection
    from mediapipe.python.solutions.face_mesh import FaceMesh

__all__ = ["FaceDetection", "FaceMesh"]


_SURE = 0.75
"""Least score of the short-range model. Below it, a shirt is as likely as a face two metres away."""

_LIKELY = 0.5
"""Least score of the full-range model, MediaPipe's own default."""


class FaceDetector:
    """Finds faces up to about five metres away: BlazeFace short range, then full range where the first finds none.

    One detector belongs to one thread. Source of the models: Bazarevsky et al. 2019, arXiv:1907.05047.
    """

    def __init__(self) -> None:
        self._near = FaceDetection(model_selection=0)
        self._far = FaceDetection(model_selection=1)

    def detect(self, image: RgbImage) -> list[Face]:
        """All faces in an RGB picture (H, W, 3), the highest score first."""
        return _faces(self._near, image, _SURE) or _faces(self._far, image, _LIKELY)

    def close(self) -> None:
        """Release the MediaPipe graphs."""
        self._near.close()
        self._far.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _faces(model: FaceDetection, image: RgbImage, least: float) -> list[Face]:
    """The faces with a score of at least `least`, the highest first."""
    height, width = image.shape[:2]
    faces = []
    for found in model.process(image).detections or ():
        if found.score[0] < least:  # MediaPipe's own limit stays at 0.5 whatever it is asked for
            continue
        box = found.location_data.relative_bounding_box
        x0, y0 = box.xmin * width, box.ymin * height
        faces.append(Face(Box(x0, y0, x0 + box.width * width, y0 + box.height * height), found.score[0]))
    return sorted(faces, key=lambda face: -face.score)
