"""Six frames a second are enough to tell a person from a print, whatever is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from camera import open_camera
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.liveness import prover, repeatable
from kiosk.enrolment.shots import shots_from_photos
from kiosk.people import EnrolledGallery, EnrolledPerson, enrolled_gallery
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import outcomes
from models.assets import AssetStore
from models.liveness import Suspicion

SETTINGS = settings_file.laptop_settings(Path("/nowhere"))
PHOTO = AssetStore(SETTINGS.recognition.models_dir).path("photo-grace-hopper")


@pytest.fixture(scope="module")
def pipeline() -> Iterator[FacePipeline]:
    with parts.pipeline(SETTINGS) as built:
        yield built


@pytest.fixture(scope="module")
def gallery(pipeline: FacePipeline) -> EnrolledGallery:
    enrolled = {"grace": EnrolledPerson("Grace", tuple(shot.vector for shot in shots_from_photos([PHOTO], pipeline)))}
    return enrolled_gallery(enrolled, parts.match_policy(SETTINGS, pipeline.embedder))


def first(url: str, pipeline: FacePipeline, gallery: EnrolledGallery) -> VisitOutcome:
    pipeline.forget()
    match_policy = parts.match_policy(SETTINGS, pipeline.embedder)
    proving = prover(lambda: "strict", match_policy.same_person, repeatable(3))
    recognition = parts.recognition(SETTINGS, pipeline, gallery, match_policy, proving)
    with open_camera(url, mesh_of=parts.mesh_of) as camera:
        return next(outcomes(camera, recognition))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_person_who_answers_is_identified(pipeline: FacePipeline, gallery: EnrolledGallery, seed: int) -> None:
    found = first(f"person:{PHOTO}?seconds=12&fps=6&blink=4&seed={seed}", pipeline, gallery)
    assert found.proof is not None
    assert (found.kind, found.proof.reasons) == ("identified", ())
    assert found.proof.challenge is not None


def test_a_print_is_not(pipeline: FacePipeline, gallery: EnrolledGallery) -> None:
    found = first(f"attack:print_waved?source={PHOTO}&seconds=8&fps=6&seed=2", pipeline, gallery)
    assert found.kind == "spoof"
    assert found.proof is not None
    assert Suspicion.CARRIED in found.proof.reasons
    assert Suspicion.TOO_SHORT not in found.proof.reasons
