"""Face detection with MediaPipe's BlazeFace."""

from types import TracebackType
from typing import Self

from mediapipe.python.solutions.face_detection import FaceDetection

from models.face import Box, Face, RgbImage


class FaceDetector:
    """Finds faces within about two metres (BlazeFace short range).

    One detector belongs to one thread. Source of the model: Bazarevsky et al. 2019, arXiv:1907.05047.
    """

    def __init__(self, min_score: float = 0.5) -> None:
        self._graph = FaceDetection(model_selection=0, min_detection_confidence=min_score)

    def detect(self, image: RgbImage) -> list[Face]:
        """All faces in an RGB picture, the surest first."""
        height, width = image.shape[:2]
        faces = []
        for found in self._graph.process(image).detections or ():
            box = found.location_data.relative_bounding_box
            x0, y0 = box.xmin * width, box.ymin * height
            faces.append(Face(Box(x0, y0, x0 + box.width * width, y0 + box.height * height), found.score[0]))
        return sorted(faces, key=lambda face: -face.score)

    def close(self) -> None:
        """Release the MediaPipe graph."""
        self._graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
