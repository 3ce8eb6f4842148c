"""Somebody before a window: too dark for a camera that exposes for all it sees, known where it follows the face."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from camera import open_camera
from kiosk.app import parts
from kiosk.enrolment.shots import shots_from_photos
from kiosk.people import EnrolledGallery, EnrolledPerson, enrolled_gallery
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import outcomes
from kiosk.settings import laptop_settings
from models.assets import AssetStore
from models.quality import Reason
from tests.kiosk.samples import off

SETTINGS = laptop_settings(Path("/nowhere"))
PHOTO = AssetStore().path("photo-grace-hopper")
WINDOW = f"person:{PHOTO}?window=6.5&seconds=9&blink=0&fps=10&seed=1"


@pytest.fixture(scope="module")
def pipeline() -> Iterator[FacePipeline]:
    with parts.pipeline(SETTINGS) as built:
        yield built


@pytest.fixture(scope="module")
def gallery(pipeline: FacePipeline) -> EnrolledGallery:
    (shot,) = shots_from_photos([PHOTO], pipeline)
    return enrolled_gallery(
        {"grace": EnrolledPerson("Grace", (shot.vector,))}, parts.match_policy(SETTINGS, pipeline.embedder)
    )


def visit(pipeline: FacePipeline, gallery: EnrolledGallery, *, follow_face: bool) -> VisitOutcome:
    match_policy = parts.match_policy(SETTINGS, pipeline.embedder)
    pipeline.forget()
    with open_camera(WINDOW, mesh_of=parts.mesh_of, follow_face=follow_face) as camera:
        return next(outcomes(camera, parts.recognition(SETTINGS, pipeline, gallery, match_policy, off)))


def test_before_a_window(pipeline: FacePipeline, gallery: EnrolledGallery) -> None:
    dark = visit(pipeline, gallery, follow_face=False)
    assert dark.kind == "refused"
    assert dark.reasons[0][0] == Reason.DARK
    followed = visit(pipeline, gallery, follow_face=True)
    assert (followed.kind, followed.nearest and followed.nearest.person) == ("identified", "grace")
    assert followed.seen_s < SETTINGS.recognition.patience_s
