"""Enrolment from photos: each must show one good face, and says what is wrong with it otherwise."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from camera import Image
from kiosk.errors import PhotoError
from kiosk.look import Looker
from kiosk.people.store import Shot
from models.quality import Reason

# Larger photos are made this small first: the detector itself sees 128 pixels.
_MAX_SIDE_PX = 1280

_ADVICE = {
    Reason.TWO_FACES: "it shows more than one face; crop it to one person",
    Reason.NO_LANDMARKS: "the face is covered or cut off; take one that shows the whole face",
    Reason.TOO_FAR: "the face is too small; take a closer one",
    Reason.OUT_OF_PICTURE: "the face is cut off at the edge; take one with the whole head",
    Reason.TURNED: "the face is turned away; take one that looks into the camera",
    Reason.BLURRED: "the face is blurred; take a sharper one",
    Reason.DARK: "the face is too dark; take one in better light",
    Reason.GLARE: "the face is too bright; take one with less light on it",
}


def read_photo(path: Path) -> Image:
    """A photo as BGR, at most 1280 px long. PhotoError when it is missing, unreadable or no picture."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PhotoError(f"photo {path} cannot be read: {error.strerror}") from error
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        raise PhotoError(f"photo {path} is not a picture that can be read; use JPEG or PNG")
    scale = _MAX_SIDE_PX / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8)


def shot_of(path: Path, looker: Looker) -> Shot:
    """The shot of one photo. PhotoError says what is wrong with it."""
    looker.forget()
    view = looker.look(read_photo(path), at_s=0.0, wants_probe=True)
    if view.sight.box is None:
        raise PhotoError(f"photo {path}: no face was found; take one from the front in good light")
    if view.sight.probe is None or view.aligned is None:
        raise PhotoError(f"photo {path}: " + "; ".join(_ADVICE[reason] for reason in view.sight.reasons))
    return Shot(view.sight.probe, png(view.aligned))


def png(rgb: Image) -> bytes:
    """An RGB picture as PNG."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()


def shots_of(paths: Sequence[Path], looker: Looker) -> list[Shot]:
    """The shots of all photos; one bad photo refuses them all, so that nobody is half enrolled."""
    return [shot_of(path, looker) for path in paths]
