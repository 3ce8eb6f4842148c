"""Evidence: the right face, small, sealed, and bound to its record whatever happens in between."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera import Frame
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.attendance.evidence import LARGEST, crop
from kiosk.enrolment.shots import read_small
from kiosk.people import EnrolledPerson, enrolled_gallery
from kiosk.recognition.observation import AnalysisDepth, BestFrame, Observation
from kiosk.recognition.visit import Visit, VisitLimits
from models.assets import AssetStore
from models.face import Box
from sync.contract import Draft, Entry, Moment, RecordEntry, SpoofSuspected, SuspicionDetail
from sync.parcels import ParcelCounts
from tests.kiosk.attendance.evidence import AGENCY, NOW, PURPOSE, SIGHTING, Desk, picture
from tests.kiosk.samples import MATCH_POLICY, face, off
from tests.sync.helpers import CLOCK, event, record


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    with desk.ledger, desk.parcels:
        yield desk


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((480, 640), Box(200, 100, 400, 340)),
        ((1080, 1920), Box(100, 0, 1900, 1080)),
        ((480, 640), Box(-50, -60, 120, 150)),
        ((480, 640), Box(600, 440, 700, 560)),
        ((120, 160), Box(60, 40, 90, 80)),
    ],
    ids=["middle", "whole", "top left", "bottom right", "small"],
)
def test_a_crop_is_a_small_jpeg_of_the_face_and_a_little_around_it(size: tuple[int, int], box: Box) -> None:
    jpeg = crop(BestFrame(picture(*size), box))
    assert len(jpeg) <= LARGEST
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert max(image.shape[:2]) <= 320
    assert min(image.shape[:2]) >= 30


def test_a_crop_shows_the_face_that_is_in_the_box() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[150:250, 300:400] = (0, 0, 255)
    seen = cv2.imdecode(np.frombuffer(crop(BestFrame(image, Box(300, 150, 400, 250))), np.uint8), cv2.IMREAD_COLOR)
    assert seen.shape[0] == pytest.approx(160, abs=2)
    assert seen[80, 80, 2] > 200
    assert seen[5, 5].max() < 30


def test_evidence_is_named_by_its_record_and_opens_for_the_agency_alone(desk: Desk) -> None:
    kept = desk.keeper.keep("p-1", SIGHTING, NOW)
    assert kept is not None
    draft = record()
    entry = desk.ledger.append(replace(draft, body=draft.body.model_copy(update={"evidence": kept})))
    desk.keeper.bind(entry)
    parcel = desk.parcels.get(kept.sha256)
    assert parcel is not None
    assert (parcel.key, len(parcel.sealed)) == (entry.id, kept.bytes)
    assert b"\xff\xd8\xff" not in parcel.sealed
    assert AGENCY.open(parcel.sealed, PURPOSE) == crop(SIGHTING)


def test_evidence_of_a_suspicion_is_named_by_its_event(desk: Desk) -> None:
    bindings: tuple[Callable[[Entry], None], ...] = (desk.keeper.bind, lambda _: desk.keeper.reconcile())
    for number, binding in enumerate(bindings):
        kept = desk.keeper.keep("p-1", BestFrame(picture(480 + number), SIGHTING.box), NOW)
        detail = SuspicionDetail(
            person="p-1", level="passive", reasons=("flat",), checks={"parallax": 0.1}, challenge=None, evidence=kept
        )
        entry = desk.ledger.append(Draft(SpoofSuspected(detail=detail), Moment(NOW, CLOCK)))
        binding(entry)
        assert kept is not None
        parcel = desk.parcels.get(kept.sha256)
        assert parcel is not None
        assert parcel.key == entry.id


def test_none_is_kept_when_none_is_wanted_or_can_be_and_the_log_says_why(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    assert desk.keeper.keep("p-1", None, NOW) is None
    assert desk.keeper_with(wanted=False).keep("p-1", SIGHTING, NOW) is None
    assert not caplog.records
    assert desk.keeper_with(sealed=False).keep("p-1", SIGHTING, NOW) is None
    assert "set agency.seal_to" in caplog.text
    assert desk.keeper_with(low_bytes=10**18).keep("p-1", SIGHTING, NOW) is None
    assert "the disk is nearly full" in caplog.text
    assert desk.parcels.counts() == ParcelCounts(0, 0, 0)


def test_a_full_store_keeps_none_and_says_so(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(small_disk)
    with desk.ledger, desk.parcels:
        while desk.keeper.keep("p-1", SIGHTING, NOW) is not None:
            pass
    assert "no evidence is kept of this record: the disk that holds" in caplog.text


_CHILD = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from tests.kiosk.attendance.evidence import Desk, SIGHTING, NOW
from tests.sync.helpers import record
desk = Desk(Path(sys.argv[1]))
with desk.ledger, desk.parcels:
    kept = desk.keeper.keep("p-1", SIGHTING, NOW)
    if sys.argv[2] == "after":
        draft = record()
        desk.ledger.append(replace(draft, body=draft.body.model_copy(update={"evidence": kept})))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_evidence_whose_record_is_being_made_stays_whatever_the_wall_clock_does(tmp_path: Path) -> None:
    """It was kept by a clock that shows last year; the disk monitor looks before the record is appended."""
    desk, now_s = Desk(tmp_path), [0.0]
    keeper = desk.keeper_with(monotonic=lambda: now_s[0])
    with desk.ledger, desk.parcels:
        kept = keeper.keep("p-1", SIGHTING, NOW - timedelta(days=400))
        assert kept is not None
        now_s[0] = 3599.0
        keeper.reconcile()
        assert desk.parcels.unbound() == [kept.sha256]
        now_s[0] = 3601.0
        keeper.reconcile()
        assert desk.parcels.unbound() == [], "its record was never made"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_between_evidence_record_and_binding_leaves_no_orphan(tmp_path: Path, when: str) -> None:
    child = subprocess.run([sys.executable, "-c", _CHILD, str(tmp_path), when], check=False)
    assert child.returncode == -signal.SIGKILL
    desk = Desk(tmp_path)
    with desk.ledger, desk.parcels:
        assert len(desk.parcels.unbound()) == 1
        for _ in range(50):
            desk.ledger.append(event())
        desk.keeper.reconcile()
        assert desk.parcels.unbound() == []
        if when == "before":
            assert desk.parcels.counts() == ParcelCounts(0, 0, 0)
            return
        made = next(desk.ledger.entries())
        assert isinstance(made, RecordEntry)
        assert made.body.evidence is not None
        parcel = desk.parcels.get(made.body.evidence.sha256)
        assert parcel is not None
        assert parcel.key == made.id


def test_the_best_frame_is_the_one_of_the_most_weight_of_who_stands_there_now() -> None:
    gallery = enrolled_gallery(
        {"siti": EnrolledPerson("Siti", (face(0),)), "budi": EnrolledPerson("Budi", (face(1),))}, MATCH_POLICY
    )
    visit = Visit(VisitLimits(same_person=0.5), gallery.identify, off)
    box = Box(0, 0, 100, 100)
    assert visit.best_at_s is None
    best: list[float | None] = []
    weights = [(0, 0.1), (0, 0.5), (0, 0.9), (0, 0.2), (1, 0.1), (1, 0.3)]
    visit.see(Observation(0.0, box))
    for number, (who, weight) in enumerate(weights, 1):
        visit.see(Observation(number / 10, box, face(who, seed=number), weight))
        best.append(visit.best_at_s)
    assert best == [0.1, 0.2, 0.3, 0.3, 0.5, 0.6], "the other person's best frame is forgotten"
    visit.see(Observation(9.0))
    assert visit.best_at_s is None


def test_recognition_keeps_the_best_frame_of_a_visit_and_lets_it_go_with_the_person() -> None:
    settings = settings_file.laptop_settings(Path("/nowhere"))
    photo = read_small(AssetStore().path("photo-grace-hopper"))
    wall = np.full_like(photo, 190)
    with parts.pipeline(settings) as pipeline:
        match_policy = parts.match_policy(settings, pipeline.embedder)
        recognition = parts.recognition(settings, pipeline, enrolled_gallery({}, match_policy), match_policy, off)
        for number in range(8):
            recognition.process(Frame(photo, number / 10, number))
        assert recognition.best is not None
        assert recognition.best.image is photo, "nothing is copied before the decision"
        seen = pipeline.look(photo, 1.0, AnalysisDepth.PLACE).observation.box
        assert seen is not None
        assert recognition.best.box.overlap(seen) > 0.9
        for number in range(8, 40):
            recognition.process(Frame(wall, number / 10, number))
        assert recognition.best is None
