"""From a frame to what a visit needs to know of it: the recognition path."""

from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from camera import Image, Rotation
from kiosk.recognition.observation import AnalysisDepth, Observation, choose
from kiosk.recognition.sideways import best_rotation
from models.align import ALIGNMENTS, cut
from models.detector import FaceDetector
from models.embedder import Embedder
from models.face import Box, Face, Points, RgbImage
from models.landmarks import LandmarkFinder, pose
from models.liveness.track import Cut, LivenessSample, liveness_sample, with_probe
from models.quality import QualityLimits, Reason, brightness, geometry_reasons, light_reasons, weight


@dataclass(frozen=True, slots=True)
class FrameAnalysis:
    """What one frame shows: the observation for the visit, all faces, and of the chosen one landmarks, portrait and
    brightness in grey levels."""

    observation: Observation
    faces: tuple[Face, ...] = ()
    points: Points | None = None
    portrait: RgbImage | None = None
    brightness: float | None = None


class FacePipeline:
    """Detector, landmarks, quality gate and embedder in their order, each only when the one before asks for it.

    One pipeline belongs to one thread.
    """

    def __init__(
        self,
        detector: FaceDetector,
        landmarks: LandmarkFinder,
        embedder: Embedder,
        limits: QualityLimits,
        cut: Cut | None = None,
    ) -> None:
        """`cut` makes the crops of a liveness sample; None where no liveness network is used."""
        self.embedder = embedder
        self._detector = detector
        self._landmarks = landmarks
        self.limits = limits
        self._cut = cut

    def look(self, image: Image, at_s: float, wanted: AnalysisDepth = AnalysisDepth.PROBE) -> FrameAnalysis:
        """See one BGR picture taken at `at_s`, as closely as is wanted."""
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
        frame = Box(0, 0, rgb.shape[1], rgb.shape[0])
        faces = tuple(self._detector.detect(rgb))
        chosen, crowded = choose(faces, frame)
        if chosen is None:
            return FrameAnalysis(Observation(at_s), faces)
        if wanted == AnalysisDepth.PLACE:
            return FrameAnalysis(Observation(at_s, chosen.box, reasons=(Reason.TWO_FACES,) if crowded else ()), faces)
        points = self._landmarks.find(rgb, chosen.box)
        if points is None:
            reasons = (Reason.TWO_FACES if crowded else Reason.NO_LANDMARKS,)
            return FrameAnalysis(Observation(at_s, chosen.box, reasons=reasons), faces)
        seen = liveness_sample(rgb, points, at_s, self._cut)
        if crowded:
            observation = Observation(at_s, chosen.box, reasons=(Reason.TWO_FACES,), sample=replace(seen, others=1))
            return FrameAnalysis(observation, faces, points)
        if wanted == AnalysisDepth.FACE:
            return FrameAnalysis(Observation(at_s, chosen.box, sample=seen), faces, points)
        return self._judge(rgb, frame, chosen, faces, seen)

    def _judge(
        self, rgb: RgbImage, frame: Box, chosen: Face, faces: tuple[Face, ...], seen: LivenessSample
    ) -> FrameAnalysis:
        points, bare = seen.points, Observation(seen.at_s, chosen.box, sample=seen)
        head = pose(points)
        reasons = geometry_reasons(points, head, frame, self.limits)
        if reasons:
            return FrameAnalysis(replace(bare, reasons=tuple(reasons)), faces, points)
        portrait = self.embedder.chip(rgb, points)
        aligned = cut(portrait, ALIGNMENTS["dlib"])
        light, reasons = brightness(aligned), light_reasons(rgb, points, aligned, self.limits)
        if reasons:
            return FrameAnalysis(replace(bare, reasons=tuple(reasons)), faces, points, portrait, light)
        probe, counts = self.embedder.embed(portrait), weight(points, head, self.limits)
        observation = replace(bare, probe=probe, weight=counts, sample=with_probe(seen, probe))
        return FrameAnalysis(observation, faces, points, portrait, light)

    def best_rotation(self, image: Image) -> Rotation | None:
        """How far a BGR picture would have to be turned for its faces to stand upright; None when it shows none."""
        return best_rotation(self._detector, image)

    def forget(self) -> None:
        """The next picture is a new scene."""
        self._landmarks.forget()

    def close(self) -> None:
        """Release the MediaPipe graph."""
        self._landmarks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
