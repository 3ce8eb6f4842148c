"""Does an embedder tell people apart at all? A wrong normalisation still gives vectors: asked before it may decide."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from camera import Image
from camera.files import read_photo
from kiosk.app import parts
from kiosk.console import say
from kiosk.recognition.pipeline import FacePipeline
from kiosk.settings import Settings
from models.assets import AssetStore
from models.embedder import Embedder
from models.errors import CalibrationError
from models.face import RgbImage
from models.gallery import Vector

_PHOTOS: Final = ("photo-grace-hopper", "photo-astronaut")

# 1 - genuine, as a share of 1 - stranger, at most. Measured: 0.02 to 0.03 for face-reidentification-retail-0095,
# mobilefacenet and both together, 0.07 for dlib-resnet-v1; 0.2 to 4 with another mean or scale that does harm.
_LARGEST_SHARE: Final = 1 / 6


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """The lowest cosine between views of one known face, and the highest between two of them."""

    genuine: float
    stranger: float

    @property
    def passed(self) -> bool:
        """Every view of a face is nearer to that face than to the other one, by far.

        The limit is a share and no difference: cosines of two people are 0.9 with one embedder and 0.1 with another.
        """
        return self.genuine > self.stranger and 1 - self.genuine < _LARGEST_SHARE * (1 - self.stranger)


def check_embedder(settings: Settings) -> None:
    """Refuse an embedder that does not tell two known faces apart, before anything is measured with it."""
    with parts.pipeline(settings) as pipeline:
        found = self_check(pipeline, AssetStore(settings.recognition.models_dir))
        name = pipeline.embedder.model.partition("@")[0]
    say(f"{name}: views of one known face score {found.genuine:.3f} at least, two people {found.stranger:.3f} at most")


def self_check(pipeline: FacePipeline, assets: AssetStore) -> SelfCheck:
    """Compare views of two known faces, from one photo of each, by the whole embedder and by each member alone.

    A member that sees nothing is hidden by one that does, so that each is asked alone. Returns the scores of the whole.
    Raises CalibrationError with both scores when genuine is not far above stranger. A wrong order of the colours
    is not found by this: two faces are told apart without them.
    """
    portraits = [_portraits(pipeline, assets.path(photo)) for photo in _PHOTOS]
    embedder = pipeline.embedder
    found = _compare(embedder, *portraits)
    if len(embedder.members) > 1:
        for member in embedder.members:
            _compare(Embedder([member]), *portraits)
    return found


def _compare(embedder: Embedder, one: list[RgbImage], other: list[RgbImage]) -> SelfCheck:
    first, second = (np.stack([embedder.embed(portrait) for portrait in portraits]) for portraits in (one, other))
    pairs = np.concatenate([_pairs(first), _pairs(second)])
    found = SelfCheck(float(pairs.min()), float((first @ second.T).max()))
    if not found.passed:
        raise CalibrationError(
            f"{embedder.model} does not tell two known faces apart: views of one face score "
            f"{found.genuine:.3f} at least, two people {found.stranger:.3f} at most; check "
            "its entry in the catalogue (colour, mean, scale)"
        )
    return found


def _portraits(pipeline: FacePipeline, path: Path) -> list[RgbImage]:
    """The aligned face in each view of a photo. CalibrationError when one view is not good enough for recognition."""
    photo, portraits = read_photo(path), []
    for view in _VIEWS:
        pipeline.forget()
        seen = pipeline.look(view(photo), 0.0)
        if seen.observation.probe is None or seen.portrait is None:
            raise CalibrationError(f"the known face {path.name} was not seen well enough to check an embedder with")
        portraits.append(seen.portrait)
    return portraits


def _pairs(views: Vector) -> Vector:
    """The cosine of every two of (n, dimension) unit vectors."""
    return np.asarray((views @ views.T)[np.triu_indices(len(views), 1)], np.float32)


def _as_it_is(photo: Image) -> Image:
    return photo


def _darker(photo: Image) -> Image:
    """Half the light. Pixel values follow light to the power of 1/2.2, about as sRGB has it."""
    return np.asarray(np.rint(photo * 0.5 ** (1 / 2.2)), np.uint8)


def _smaller(photo: Image) -> Image:
    return np.asarray(cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def _tilted(photo: Image) -> Image:
    """Rotated by 8 degrees about the middle."""
    height, width = photo.shape[:2]
    rotation = cv2.getRotationMatrix2D((width / 2, height / 2), 8, 1)
    return np.asarray(cv2.warpAffine(photo, rotation, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _slanted(photo: Image) -> Image:
    """In perspective, as if hung obliquely: the left edge is shorter by 12 % of its length, the right one longer."""
    height, width = photo.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    shift = np.array([[0, 1], [0, -1], [0, 1], [0, -1]], np.float32) * np.float32(0.06 * height)
    matrix = cv2.getPerspectiveTransform(corners, corners + shift)
    return np.asarray(cv2.warpPerspective(photo, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


_VIEWS: Final[tuple[Callable[[Image], Image], ...]] = (_as_it_is, _darker, _smaller, _tilted, _slanted)
