"""The light that a face must have, on drawn chips and on real people in the light of an office."""

from pathlib import Path

import numpy as np
import pytest

from camera.files import read_photo
from kiosk.app import parts
from kiosk.settings import laptop_settings
from models.face import Points, RgbImage
from models.quality import QualityLimits, Reason, brightness, contrast, light_reasons
from tests.shared import shared

LIMITS = QualityLimits(min_sharpness=0)
POINTS: Points = np.zeros((468, 3), np.float32)


def chip(low: int, high: int, white: float = 0.0) -> RgbImage:
    """Stripes of two grey levels, and a share of the middle that is white."""
    image = np.empty((150, 150, 3), np.uint8)
    image[:, 0::2], image[:, 1::2] = low, high
    image[37 : 37 + round(75 * white)] = 255
    return image


def light(low: int, high: int, white: float = 0.0) -> list[Reason]:
    made = chip(low, high, white)
    return [reason for reason in light_reasons(made, POINTS, made, LIMITS) if reason != Reason.COVERED]


def test_brightness_is_a_median_and_contrast_leaves_the_ends_out() -> None:
    assert brightness(chip(100, 100)) == 100
    assert contrast(chip(100, 130)) == 30
    assert contrast(chip(100, 130, white=0.03)) == 30


@pytest.mark.parametrize(
    ("low", "high", "white", "found"),
    [
        (100, 160, 0.0, []),
        (20, 50, 0.0, []),  # dark, and all there
        (20, 38, 0.0, [Reason.DARK]),
        (230, 248, 0.0, [Reason.GLARE]),  # light in the lens
        (215, 245, 0.0, []),
        (100, 160, 0.6, []),  # window light on more than half of the face
        (100, 160, 0.8, [Reason.GLARE]),
    ],
)
def test_light_is_judged_by_what_is_left_of_the_face(low: int, high: int, white: float, found: list[Reason]) -> None:
    assert light(low, high, white) == found


def test_nobody_at_a_desk_is_refused_for_the_light() -> None:
    sittings = shared("spoof") / "nuaa" / "genuine"
    if not sittings.is_dir():
        pytest.skip(f"no pictures of people before a webcam at {sittings}")
    with parts.pipeline(laptop_settings(Path("/nowhere"))) as pipeline:
        for sitting in sorted(sittings.iterdir()):
            pipeline.forget()
            for index, path in enumerate(sorted(sitting.iterdir())[::27]):
                reasons = pipeline.look(read_photo(path), index / 5).observation.reasons
                assert not {Reason.DARK, Reason.GLARE} & set(reasons), sitting.name
