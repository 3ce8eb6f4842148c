"""People are enrolled from documents of the roster, with real photos and the real embedder."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from kiosk import settings as settings_file
from kiosk.agency.roster_enroller import RosterEnroller
from kiosk.app import parts
from kiosk.enrolment.shots import shot_of_file
from kiosk.lab.demo import show
from kiosk.people import Details, EnrolledGallery, stored_gallery
from kiosk.recognition.pipeline import FacePipeline
from models.assets import AssetStore
from models.gallery import Vector
from sync.contract import DocumentRefused
from sync.keyfile import base64url
from tests.agency import BUDI, SARI, SITI, Agency
from tests.faces import wall
from tests.kiosk.agency.bench import Bench

KNOWN, STRANGER = (AssetStore().path(name).read_bytes() for name in (show.KNOWN, show.STRANGER))


@pytest.fixture(scope="module")
def pipeline() -> Iterator[FacePipeline]:
    with parts.pipeline(settings_file.laptop_settings(AssetStore().folder)) as made:
        yield made


class Vision:
    """Does what the vision thread does while nobody stands before the camera."""

    def __init__(self, bench: Bench, pipeline: FacePipeline) -> None:
        self.bench = bench.restarted(pipeline.embedder.model)
        self.pipeline = pipeline
        self.match_policy = parts.match_policy(bench.settings, pipeline.embedder)
        self.newcomers = RosterEnroller(
            self.bench.worker.parts, self.match_policy, parts.clock(bench.settings, bench.ledger.last_at)
        )

    @property
    def gallery(self) -> EnrolledGallery:
        return stored_gallery(self.bench.people, self.match_policy)

    def work(self) -> int:
        """Works until nothing waits, and returns the number of steps."""
        steps = 0
        while self.bench.store.waiting():
            self.newcomers.step(self.pipeline, self.gallery)
            steps += 1
        self.bench.restarted(self.pipeline.embedder.model).worker.turn()  # in another thread it would see by itself
        return steps

    def refusals(self) -> list[tuple[str | None, str]]:
        """Returns who has no usable photo, and why."""
        self.bench.worker.turn()
        details = [
            event.detail for event in self.bench.events("document_refused") if isinstance(event, DocumentRefused)
        ]
        assert {(detail.document, detail.reason) for detail in details} <= {("person", "photo")}
        return [(detail.about, detail.text) for detail in details]


@pytest.fixture
def vision(bench: Bench, pipeline: FacePipeline) -> Vision:
    return Vision(bench, pipeline)


def vector_of(photo: bytes, pipeline: FacePipeline) -> Vector:
    return shot_of_file(photo, pipeline, "a photo").vector


def template(vector: Vector, model: str) -> dict[str, object]:
    return {"model": model, "vectors": [base64url(vector.astype("<f4").tobytes())]}


def hand_out(vision: Vision, agency: Agency, documents: dict[str, bytes], version: int = 1) -> None:
    """Delivers a roster that names these documents, and the documents."""
    vision.bench.manifest(agency.manifest(version, dict.fromkeys(documents, version)))
    for person, payload in documents.items():
        vision.bench.person(person, payload)


def test_photos_are_embedded_one_at_a_time_and_dropped(vision: Vision, agency: Agency) -> None:
    documents = {SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN, KNOWN], schedule="shift", officer=True)}
    hand_out(vision, agency, documents)
    assert vision.work() == 3, "two photos, and the person"
    (person,) = vision.bench.people.all()
    details = person.details
    assert (person.id, person.origin, person.version, person.shots) == (SITI, "roster", 1, 2)
    assert (details.name, details.schedule, details.officer) == ("Ibu Siti", "shift", True)
    assert vision.gallery.identify(vector_of(KNOWN, vision.pipeline)).verdict == "accepted"
    assert vision.bench.people.portraits(SITI) == []
    held = vision.bench.store.held("person", SITI)
    assert held is not None
    assert held.payload is None, "the photos are not kept either"
    assert [event.detail.version for event in vision.bench.events("roster_applied")] == [1]


def test_portraits_are_kept_when_the_policy_says_so(vision: Vision, agency: Agency) -> None:
    vision.bench.policy(agency.policy(1, photos="keep"))
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN])})
    vision.work()
    assert len(vision.bench.people.portraits(SITI)) == 1


def test_every_bad_photo_is_refused_by_number_and_the_others_are_used(vision: Vision, agency: Agency) -> None:
    photos = [wall(), KNOWN, b"no picture"]
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", photos)})
    vision.work()
    assert vision.bench.people.statuses()[SITI].shots == 1
    ((about, text),) = vision.refusals()
    assert about == SITI
    assert text == (
        "photo 1: no face was found; take one from the front in good light; "
        "photo 3: is not an image that can be read; use JPEG or PNG"
    )


def test_who_has_no_good_photo_is_there_without_a_face(vision: Vision, agency: Agency) -> None:
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", [wall()]), BUDI: agency.person(BUDI, 1, "Budi")})
    vision.work()
    assert {person: known.shots for person, known in vision.bench.people.statuses().items()} == {SITI: 0, BUDI: 0}
    assert [event.detail.without_face for event in vision.bench.events("roster_applied")] == [2]
    assert len(vision.gallery.templates) == 0
    assert vision.newcomers.step(vision.pipeline, vision.gallery) is False


def test_nobody_gets_the_face_of_somebody_else(vision: Vision, agency: Agency) -> None:
    hand_out(
        vision,
        agency,
        {SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN]), BUDI: agency.person(BUDI, 1, "Budi", [KNOWN])},
    )
    vision.work()
    assert sorted(known.shots for known in vision.bench.people.statuses().values()) == [0, 1]
    ((about, text),) = vision.refusals()
    assert about in (SITI, BUDI)
    assert "the face is that of" in text
    assert "Siti" not in text
    assert "Budi" not in text


def test_a_person_whose_photos_show_two_people_has_no_face(vision: Vision, agency: Agency) -> None:
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN, STRANGER])})
    vision.work()
    assert vision.bench.people.statuses()[SITI].shots == 0
    ((_, text),) = vision.refusals()
    assert "do not agree" in text


def test_templates_of_the_model_here_are_taken_as_they_are(vision: Vision, agency: Agency) -> None:
    vector, model = vector_of(KNOWN, vision.pipeline), vision.pipeline.embedder.model
    ours, foreign = template(vector, model), template(vector[:128], "another@sha256:0")
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", [wall()], templates=[foreign, ours])})
    assert vision.work() == 1, "no photo is looked at"
    (shot,) = vision.bench.people.enrolled(model, len(vector))[SITI].shots
    assert np.array_equal(shot, vector)
    assert vision.refusals() == []


@pytest.mark.parametrize("bad", [lambda v: v[:-1], lambda v: v * 2, lambda v: v * np.float32("nan")])
def test_damaged_templates_are_refused_and_photos_take_their_place(
    vision: Vision, agency: Agency, bad: Callable[[Vector], Vector]
) -> None:
    wrong = template(bad(vector_of(KNOWN, vision.pipeline)), vision.pipeline.embedder.model)
    documents = {
        SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN], templates=[wrong]),
        BUDI: agency.person(BUDI, 1, "Budi", templates=[wrong]),
    }
    hand_out(vision, agency, documents)
    vision.work()
    assert {person: known.shots for person, known in vision.bench.people.statuses().items()} == {SITI: 1, BUDI: 0}
    assert sorted(str(about) for about, _ in vision.refusals()) == [SITI, BUDI]


def test_templates_of_another_model_alone_give_no_face(vision: Vision, agency: Agency) -> None:
    foreign = template(vector_of(KNOWN, vision.pipeline), "another@sha256:0")
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", templates=[foreign])})
    vision.work()
    assert vision.bench.people.statuses()[SITI].shots == 0


def test_a_roster_without_faces_leaves_those_of_the_wall(vision: Vision, agency: Agency) -> None:
    model, now = vision.pipeline.embedder.model, datetime.now(UTC)
    shot = shot_of_file(KNOWN, vision.pipeline, "a photo")
    vision.bench.people.put(SITI, Details(name="siti"), model, [shot], now)
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti")})
    vision.work()
    (person,) = vision.bench.people.all()
    assert (person.details.name, person.origin, person.version, person.shots) == ("Ibu Siti", "roster", 1, 1)


def test_a_document_that_changes_while_it_is_worked_on_does_not_hold(vision: Vision, agency: Agency) -> None:
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN, KNOWN])})
    vision.newcomers.step(vision.pipeline, vision.gallery)
    hand_out(vision, agency, {SITI: agency.person(SITI, 2, "Ibu Siti Aminah", [KNOWN])}, version=2)
    vision.work()
    (person,) = vision.bench.people.all()
    assert (person.details.name, person.version) == ("Ibu Siti Aminah", 2)


def test_who_is_removed_while_being_worked_on_does_not_stay(vision: Vision, agency: Agency) -> None:
    hand_out(vision, agency, {SITI: agency.person(SITI, 1, "Ibu Siti", [KNOWN])})
    vision.newcomers.step(vision.pipeline, vision.gallery)
    vision.bench.manifest(agency.manifest(2, {SARI: 1}))
    assert vision.newcomers.step(vision.pipeline, vision.gallery), "it did not know yet"
    vision.bench.restarted(vision.pipeline.embedder.model).worker.turn()
    assert vision.bench.people.statuses() == {}
