"""The self-check passes what works and refuses, with the scores, an embedder whose numbers mean nothing."""

import re
from pathlib import Path

import numpy as np
import pytest

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.doctor.selfcheck import self_check
from models.assets import AssetStore
from models.embedder import Embedder
from models.errors import CalibrationError
from models.face import RgbImage
from models.gallery import Vector, unit

SETTINGS = settings_file.laptop_settings(Path("/nowhere"))


class Brightness(Embedder):
    """Sees how bright a face is, not whose it is."""

    def embed(self, portrait: RgbImage) -> Vector:
        return unit(np.array([1.0, portrait.mean() / 255, portrait.std() / 255], np.float32))


def test_the_shipped_embedder_passes_by_far() -> None:
    with parts.pipeline(SETTINGS) as pipeline:
        found = self_check(pipeline, AssetStore())
    assert found.genuine > found.stranger + 0.05


def test_an_embedder_that_sees_no_face_is_refused_with_its_scores() -> None:
    blind = Brightness(parts.embedder(SETTINGS).members)
    with parts.pipeline(SETTINGS, blind) as pipeline, pytest.raises(CalibrationError) as caught:
        self_check(pipeline, AssetStore())
    assert re.search(r"score 0\.\d+ at least, two people [01]\.\d+ at most", str(caught.value))
