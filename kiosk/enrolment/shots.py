"""Shots of a person from photos: each shows one good face, or says what is wrong with it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from camera import Image, SourceUnreadable
from camera.files import decode_photo, read_photo
from kiosk.enrolment.examination import ENOUGH
from kiosk.people.store import Shot
from kiosk.recognition.pipeline import FacePipeline, FrameAnalysis
from kiosk.runtime.errors import PhotoError
from models.align import ALIGNMENTS, cut
from models.face import RgbImage
from models.landmarks import pose
from models.quality import QualityLimits, Reason, eye_distance_px, eyes_open, sharpness

# Larger photos are made this small first: the detector itself sees 128 pixels.
_MAX_SIDE_PX = 1280

_ADVICE = {
    Reason.TWO_FACES: "it shows more than one face; crop it to one person",
    Reason.NO_LANDMARKS: "the face is covered or cut off; take one that shows the whole face",
    Reason.TOO_FAR: "the face is too small; take a closer one",
    Reason.OUT_OF_PICTURE: "the face is cut off at the edge; take one with the whole head",
    Reason.TURNED: "the face is turned away; take one that looks into the camera",
    Reason.COVERED: "the face is covered; take one without mask or dark glasses",
    Reason.EYES_CLOSED: "the eyes are closed; take one with open eyes",
    Reason.BLURRED: "the face is blurred; take a sharper one",
    Reason.DARK: "the face is too dark; take one in better light",
    Reason.GLARE: "the face is too bright; take one with less light on it",
}


def read_small(path: Path) -> Image:
    """A photo as BGR, at most 1280 px long. SourceUnreadable when it is missing or no picture."""
    return _small(read_photo(path))


def _small(image: Image) -> Image:
    scale = _MAX_SIDE_PX / max(image.shape[:2])
    if scale < 1:
        height, width = (max(1, round(side * scale)) for side in image.shape[:2])
        image = np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return image


def unfit(analysis: FrameAnalysis, limits: QualityLimits) -> tuple[Reason, ...]:
    """What keeps a view with a face from being a shot."""
    if analysis.observation.probe is None or analysis.points is None:
        return analysis.observation.reasons
    return (Reason.EYES_CLOSED,) if eyes_open(analysis.points) < limits.min_eyes_open else ()


def shot_of(analysis: FrameAnalysis, limits: QualityLimits, where: str) -> Shot:
    """The shot of a view. PhotoError, which begins with `where`, says what is wrong with it."""
    observation = analysis.observation
    if observation.box is None:
        raise PhotoError(f"{where}: no face was found; take one from the front in good light")
    reasons = unfit(analysis, limits)
    if reasons or observation.probe is None or analysis.portrait is None:
        raise PhotoError(f"{where}: " + "; ".join(_ADVICE[reason] for reason in reasons))
    return Shot(observation.probe, as_png(analysis.portrait))


def quality_of(analysis: FrameAnalysis) -> str:
    """Returns a line for the officer about the quality of a face."""
    if analysis.points is None or analysis.portrait is None:
        return "no face"
    head = pose(analysis.points)
    return (
        f"{eye_distance_px(analysis.points):.0f} px between the eyes, turned {head.yaw_deg:.0f} and tilted "
        f"{head.pitch_deg:.0f} degrees, sharpness {sharpness(cut(analysis.portrait, ALIGNMENTS['dlib'])):.1f}"
    )


def shots_from_photos(
    paths: Sequence[Path], pipeline: FacePipeline, say: Callable[[str], None] = lambda _: None
) -> list[Shot]:
    """The shots of the photos that are good enough. All photos are judged.

    Raises PhotoError, which says what is wrong with each bad photo, when there is one and fewer than three are good.
    """
    shots, bad = [], []
    for path in paths:
        pipeline.forget()
        try:
            analysis = pipeline.look(read_small(path), at_s=0.0)
            shots.append(shot_of(analysis, pipeline.limits, str(path)))
        except (PhotoError, SourceUnreadable) as error:
            bad.append(str(error))
        else:
            say(f"photo {path}: {quality_of(analysis)}")
    if bad and len(shots) < ENOUGH:
        good = f"; {len(shots)} of {len(paths)} photos are good enough, {ENOUGH} are needed" if len(paths) > 1 else ""
        raise PhotoError("; ".join(f"photo {text}" for text in bad) + good)
    for text in bad:
        say(f"photo {text}; it is left out")
    return shots


def shot_of_file(encoded: bytes, pipeline: FacePipeline, where: str) -> Shot:
    """The shot of an image file's bytes. PhotoError, which begins with `where`, says what is wrong with it."""
    try:
        image = decode_photo(encoded, where)
    except SourceUnreadable as error:
        raise PhotoError(str(error)) from error
    pipeline.forget()
    analysis = pipeline.look(_small(image), at_s=0.0)
    pipeline.forget()  # what comes next is the scene before the camera
    return shot_of(analysis, pipeline.limits, where)


def as_png(portrait: RgbImage) -> bytes:
    """A portrait as PNG: lossless, so that embedding it again gives the same vector."""
    return cv2.imencode(".png", np.ascontiguousarray(portrait[..., ::-1]))[1].tobytes()
