"""Does an embedder tell people apart at all? A wrong normalisation still gives vectors: asked before it may decide."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camera import open_camera
from kiosk.app import parts
from kiosk.console import say
from kiosk.recognition.pipeline import FacePipeline
from kiosk.settings import Settings
from models.assets import AssetStore
from models.errors import CalibrationError
from models.gallery import Vector

# Each known face is seen as itself, turned to both sides, and in half the light.
_VIEWS = ("?seconds=3&blink=0", "?seconds=4&yaw=15&blink=0", "?seconds=3&exposure=-1&blink=0&seed=2")
_EVERY = 12
_PHOTOS = ("photo-grace-hopper", "photo-astronaut")


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The lowest score between views of one known face, and the highest between two of them."""

    genuine: float
    stranger: float

    @property
    def passed(self) -> bool:
        """Every view of a face is nearer to that face than to the other one."""
        return self.genuine > self.stranger


def check_embedder(settings: Settings) -> None:
    """Refuse an embedder that does not tell two known faces apart, before anything is measured with it."""
    with parts.pipeline(settings) as pipeline:
        found = self_check(pipeline, AssetStore(settings.recognition.models_dir))
        name = pipeline.embedder.model.partition("@")[0]
    say(f"{name}: views of one known face score {found.genuine:.3f} at least, two people {found.stranger:.3f} at most")


def self_check(pipeline: FacePipeline, assets: AssetStore) -> SelfCheck:
    """Compare views of two known faces, from one photo of each.

    Raises CalibrationError with both scores when the embedder does not put genuine above strangers.
    """
    first, second = (_views(pipeline, assets.path(photo)) for photo in _PHOTOS)
    pairs = np.concatenate([_scores(first), _scores(second)])
    found = SelfCheck(float(pairs.min()), float((np.stack(first) @ np.stack(second).T).max()))
    if not found.passed:
        raise CalibrationError(
            f"{pipeline.embedder.model} does not tell two known faces apart: views of one face score "
            f"{found.genuine:.3f} at least, two people {found.stranger:.3f} at most; check "
            "its entry in the catalogue (colour, mean, scale)"
        )
    return found


def _views(pipeline: FacePipeline, photo: Path) -> list[Vector]:
    views = []
    for options in _VIEWS:
        pipeline.forget()
        with open_camera(f"person:{photo}{options}", mesh_of=parts.mesh_of) as camera:
            while (frame := camera.read()) is not None:
                if frame.index % _EVERY == 0:
                    probe = pipeline.look(frame.image, frame.at_s).sight.probe
                    views.extend([] if probe is None else [probe])
    if len(views) < len(_VIEWS):
        raise CalibrationError(f"the known face {photo.name} was not seen well enough to check an embedder with")
    return views


def _scores(views: list[Vector]) -> Vector:
    scores = np.stack(views) @ np.stack(views).T
    return np.asarray(scores[np.triu_indices(len(views), 1)], np.float32)
