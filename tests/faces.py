"""Photos of people who are not in the project, for tests that need more faces than its own photos show."""

from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
import pytest

from kiosk.enrolment.shots import shot_of_file
from kiosk.people import Shot
from kiosk.recognition.pipeline import FacePipeline
from kiosk.runtime.errors import PhotoError
from tests.shared import shared


def wall() -> bytes:
    """A picture of nobody."""
    return cv2.imencode(".png", np.full((240, 320, 3), 180, np.uint8))[1].tobytes()


def more_people(pipeline: FacePipeline, count: int) -> list[tuple[bytes, Shot]]:
    """A photo, good enough to enrol from, of each of so many people. Skips where the shared photos are absent."""
    folder = shared("faces") / "lfw-dev"
    if not folder.is_dir():
        pytest.skip(f"no photos of more people at {folder}")

    def good() -> Iterator[tuple[bytes, Shot]]:
        for person in sorted(folder.iterdir()):
            photo = min(person.glob("*.jpg")).read_bytes()
            try:
                yield photo, shot_of_file(photo, pipeline, "a photo")
            except PhotoError:
                continue

    return list(islice(good(), count))
