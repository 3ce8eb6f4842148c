"""Guided enrolment: the synthetic person before the real detector, landmarks and embedder, the real stores beside."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camera import Answering, Camera, open_camera
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.clock.event_log import EventLog
from kiosk.counter.enrolment import EnrolmentContext, EnrolmentControl, EnrolmentSession
from kiosk.enrolment.local import LocalEnroller
from kiosk.enrolment.shots import shots_from_photos
from kiosk.lab.demo import show
from kiosk.people import Details, People
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.vision_jobs import VisionJobs
from kiosk.screen import Screen
from kiosk.screen.state import Enrolment
from kiosk.web.actions import ActionRefusedError
from models.assets import AssetStore
from sync.contract import Enrolled as EnrolledEvent
from sync.contract import EnrolledDetail
from sync.documents.sealing import Opener
from sync.ledger import Ledger
from sync.parcels import Parcels
from tests import commands
from tests.agency import BUDI, SARI, SITI

PHOTO = AssetStore().path(show.KNOWN)
SETTINGS = settings_file.laptop_settings(AssetStore().folder)
WALKS = f"person:{PHOTO}?seconds=40&fps=15&seed=1"


@pytest.fixture(scope="module")
def pipeline() -> Iterator[FacePipeline]:
    with parts.pipeline(SETTINGS) as made:
        yield made


class Office:
    """The kiosk's people and ledger, an officer, and the vision thread's part played by the test."""

    def __init__(self, ledger: Ledger, people: People, parcels: Parcels, pipeline: FacePipeline, folder: Path) -> None:
        settings = settings_file.laptop_settings(folder)
        match_policy, clock = (
            parts.match_policy(settings, pipeline.embedder),
            parts.clock(settings, ledger.last_at),
        )
        self.ledger, self.people, self.parcels, self.pipeline = ledger, people, parcels, pipeline
        self.model = match_policy.calibration.model
        self.screen = Screen()
        self.shown: list[Enrolment | None] = []
        self.screen.listen(self._listen)
        self.jobs = VisionJobs()
        self.keeper = GalleryCache(people, lambda: match_policy)
        event_log = EventLog(ledger, clock, self.screen)
        seal_to, here = Opener.make().public, parts.topics(settings)
        wall = LocalEnroller(people, parcels, event_log, self.model, here, seal_to, lambda: False, clock)
        self.now_s = 0.0
        self.enrolling = EnrolmentControl(
            self.jobs, EnrolmentContext(wall, self.keeper, match_policy, self.screen, lambda: self.now_s)
        )
        for person in (SITI, BUDI):
            details = Details(name=f"Ibu {person[0]}", nip="198601012010012001", officer=person == BUDI)
            people.put(person, details, self.model, [], clock.moment().at, "roster", 7)
        self.pipeline.forget()

    def _listen(self, message: object) -> None:
        state = self.screen.state.enrolment
        if message is self.screen.state and (not self.shown or state != self.shown[-1]):
            self.shown.append(state)

    def begin(self, person: str = SITI) -> None:
        self.enrolling.begin(BUDI, person, consent=True)

    def film(self, camera: Camera, until: Callable[[], bool]) -> None:
        """Frames to who sits, who does what is asked, until something is so, or nobody sits any more."""
        asked = None
        while self.jobs.session is not None and not until() and (frame := camera.read()) is not None:
            self.now_s = frame.at_s
            self.jobs.see(self.pipeline, frame)
            guide = self.screen.guide
            if guide.asked not in {None, asked} and isinstance(camera, Answering):
                camera.obey(guide.asked, frame.at_s)
            asked = guide.asked

    def sit(self, url: str = WALKS) -> str:
        """Film until the poses are over; the phase then."""
        with open_camera(url, mesh_of=parts.mesh_of) as camera:
            self.film(camera, lambda: self.phase != "look")
        return self.phase

    def wait(self, seconds: float) -> None:
        """Time goes by without a frame."""
        self.now_s += seconds
        self.jobs.see(self.pipeline, None)

    @property
    def phase(self) -> str:
        session = self.jobs.session
        return session.phase if isinstance(session, EnrolmentSession) else "over"

    def shots(self, person: str) -> int:
        return self.people.statuses()[person].shots

    def events(self) -> list[EnrolledDetail]:
        return [e.body.detail for e in self.ledger.entries() if isinstance(e.body, EnrolledEvent)]


@pytest.fixture
def office(tmp_path: Path, pipeline: FacePipeline) -> Iterator[Office]:
    settings = settings_file.laptop_settings(tmp_path)
    with ExitStack() as stack:
        ledger = stack.enter_context(parts.ledger(settings))
        people = stack.enter_context(parts.people(settings))
        parcels = stack.enter_context(parts.parcels(settings))
        yield Office(ledger, people, parcels, pipeline, tmp_path)


def test_a_person_of_the_roster_is_enrolled_pose_by_pose(office: Office) -> None:
    office.begin()
    assert office.sit() == "done"
    known = next(person for person in office.people.all() if person.id == SITI)
    assert (known.origin, known.version, known.details.nip) == ("roster", 7, "198601012010012001")
    assert known.shots == 5
    assert office.people.portraits(SITI) == [], "the policy keeps no portraits of the roster's people"
    detail = EnrolledDetail(person=SITI, templates=5, model=office.model, officer=BUDI)
    assert office.events() == [detail]
    assert office.parcels.counts().waiting == 1
    assert set(office.keeper.current().names) == {SITI}
    taken = [one.taken for one in office.shown if one is not None]
    assert taken == sorted(taken)
    assert set(taken) == set(range(6))
    office.wait(10)
    assert office.shown[-1] is None
    assert office.jobs.session is None


def test_of_somebody_alike_the_officer_decides(office: Office) -> None:
    shots = shots_from_photos([PHOTO], office.pipeline)
    office.people.put(SARI, Details(name="Ibu Sari"), office.model, shots, datetime.now(UTC))
    office.begin()
    assert office.sit() == "alike"
    shown = office.shown[-1]
    assert shown is not None
    assert "Ibu Sari" in shown.text
    office.wait(1)
    assert office.shots(SITI) == 0, "nobody is enrolled before the officer has decided"
    office.enrolling.decide(although_alike=True)
    office.wait(1)
    assert office.phase == "done"
    assert office.shots(SITI) == 5


def test_who_is_not_seen_to_turn_is_refused_when_the_time_is_over(office: Office) -> None:
    office.begin()
    office.sit(f"person:{PHOTO}?seconds=4&fps=15&flat=1")
    office.wait(61)
    assert office.phase == "refused"
    assert (office.shots(SITI), office.events()) == (0, [])


def test_an_officer_can_leave_and_the_stop_leaves_nothing(office: Office) -> None:
    office.begin()
    office.wait(1)
    office.enrolling.cancel()
    office.wait(1)
    assert (office.phase, office.screen.state.enrolment) == ("over", None)
    office.begin()
    office.wait(1)
    assert office.screen.state.enrolment is not None
    office.jobs.close()
    assert office.screen.state.enrolment is None
    assert (office.shots(SITI), office.events()) == (0, [])


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ActionRefusedError) as refused:
        act()
    return refused.value.status, refused.value.line.key


def test_what_cannot_be_is_refused_with_words(office: Office) -> None:
    enrolling = office.enrolling
    assert refusal(lambda: enrolling.begin(BUDI, SITI, consent=False)) == (403, "enrol_consent")
    assert refusal(lambda: enrolling.begin(BUDI, SARI, consent=True)) == (404, "enrol_unknown")
    assert refusal(enrolling.cancel) == (409, "enrol_none")
    office.begin()
    assert refusal(office.begin) == (409, "enrol_busy")
    assert refusal(lambda: enrolling.decide(although_alike=True)) == (409, "enrol_none")
    office.jobs.close()
    assert refusal(office.begin) == (503, "enrol_not_now")


def test_the_command_line_asks_for_the_same_poses(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[kiosk]\nid = "k"\nunit = "u"\ndata_dir = "{tmp_path}"\n[site]\nlat = 0.5\nlon = 117.5\n')
    order = ["enrol", "--person", SITI, "--name", "Ibu Siti", "--config", str(config), "--camera"]

    def enrol(camera: str) -> tuple[int, str]:
        done = commands.run("kiosk", *order, camera, cwd=tmp_path)
        return done.returncode, done.stderr

    code, said = enrol(f"person:{PHOTO}?seconds=3&fps=15")
    assert code == 2
    assert "turn the head when that is asked for" in said
    code, said = enrol(WALKS)
    assert code == 0, said
    assert "Turn a little to your left" in said
    assert f"{SITI} is enrolled from 5 shots" in said
    with parts.people(settings_file.load(config)) as people:
        assert people.statuses()[SITI].shots == 5
