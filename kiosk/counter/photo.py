"""The photo of somebody who gives a PIN: whoever stands before the camera then."""

import logging
import time
from typing import Final

from kiosk.sight.errands import Booth, Errands, NotDoneError
from kiosk.storage.evidence import Sighting
from models.face import Box

log = logging.getLogger(__name__)

_WAIT_S: Final = 2.0
_FRESH_S: Final = 2.0
"""An older picture, of a camera that is lost, may show somebody else."""

_SAME_S: Final = 0.5


def photo(errands: Errands) -> Sighting | None:
    """The newest picture, with the face where recognition saw one, else the whole of it; None without a camera."""
    try:
        return errands.run(_sighting, _WAIT_S)
    except NotDoneError as error:
        log.warning("a record by PIN has no photo: %s", error)
        return None


def _sighting(booth: Booth) -> Sighting | None:
    frame = booth.frame
    if frame is None or time.monotonic() - frame.at_s > _FRESH_S:
        return None
    sight = None if booth.view is None else booth.view.sight
    if sight is not None and sight.box is not None and abs(frame.at_s - sight.at_s) < _SAME_S:
        return Sighting(frame.image, sight.box)
    height, width = frame.image.shape[:2]
    return Sighting(frame.image, Box(0, 0, width, height))
