"""Three people walk up to the daemon: one who is known, a stranger, and the first again."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from kiosk.lab.demo import show
from kiosk.settings import LivenessSettings, RecognitionSettings
from models.assets import AssetStore, choose
from models.gallery import Vector
from models.liveness.challenge import USUAL_ACTIONS
from sync.canonical import load
from sync.chain import receipt_of, verify
from sync.contract import CameraFacts, ChallengeFailed, EventEntry, RecordEntry, SpoofSuspected, Started, UnknownFace
from sync.documents.sealing import Opener
from sync.ledger import Stored
from sync.mqtt.listener import Received
from sync.parcels import Parcels, evidence_purpose
from sync.signing import PublicKey
from tests.brokers import needs_mosquitto
from tests.whole_day.harness import change, kind_of, office, walk

pytestmark = needs_mosquitto


@dataclass(frozen=True, slots=True)
class Day:
    """What was left of the day: entries at the broker and on the disk, the log, and what systemd was told."""

    arrived: list[Received]
    stored: list[Stored]
    unsent: int
    log: str
    statuses: list[str]
    vector: Vector
    key: PublicKey
    status: int
    stop_s: float


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, known: Path, stranger: Path) -> Day:
    folder = tmp_path_factory.mktemp("day")
    with office(folder, walk(known, "&yaw=12"), walk(stranger), walk(known, "&seed=2")) as (place, kiosk):
        show.enrol(kiosk.settings, known)
        place.wait_for_fix()
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            got = [kiosk.next(arrivals)]
            while kind_of(got[-1].entry) != "camera_lost":
                got.append(kiosk.next(arrivals))
            with kiosk.ledger() as ledger:
                kiosk.wait(lambda: ledger.counts().unsent == 0, "every mark")
            status, stop_s = kiosk.stop()
            left = kiosk.stored()
            with kiosk.ledger() as ledger:
                unsent = ledger.counts().unsent
        return Day(got, left, unsent, kiosk.log, kiosk.heard(), vector_in(folder), kiosk.key, status, stop_s)


def vector_in(folder: Path) -> Vector:
    with closing(sqlite3.connect(folder / "people.db")) as people:
        (blob,) = people.execute("SELECT vector FROM shot").fetchone()
    return np.frombuffer(blob, "<f4")


def the_record(day: Day) -> RecordEntry:
    (found,) = [item.entry for item in day.arrived if isinstance(item.entry, RecordEntry)]
    return found


def test_each_visit_leaves_what_it_should_and_the_same_person_no_second_record(day: Day) -> None:
    assert [kind_of(item.entry) for item in day.arrived] == [
        "enrolled",
        "started",
        "record",
        "unknown_face",
        "camera_lost",
    ]
    assert [said for said in day.statuses if said in ("recorded", "unknown", "repeat")] == [
        "recorded",
        "unknown",
        "repeat",
    ]


def test_the_record_says_who_where_and_how_surely(day: Day) -> None:
    entry = the_record(day)
    body, place = entry.body, entry.body.place
    assert (body.person, body.session, body.method, body.stage) == (show.PERSON, "in", "face", "trial")
    assert body.source == "synthetic", "the screenplay's people were never there"
    assert body.duty is not None
    assert (body.duty.schedule, body.duty.class_, body.duty.day) == ("settings", None, entry.at.date())
    assert abs(entry.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert entry.at.utcoffset() == timedelta(hours=8)
    assert (place.source, place.inside, place.flags) == ("gnss", True, ())
    assert place.from_site_m < 20
    assert entry.clock.source in ("gnss", "ntp")
    assert entry.clock.uncertainty_s is not None
    assert entry.clock.uncertainty_s <= 3.5
    assert body.match is not None
    assert body.match.score >= body.match.threshold
    assert (body.match.frames, body.match.gallery) == (5, 1)
    used = choose(AssetStore(), RecognitionSettings().embedders)
    assert body.match.model.startswith(f"{'+'.join(used.members)}@sha256:")


def test_the_start_says_what_stands_in_the_cameras_place(day: Day) -> None:
    (started,) = [item.entry.body for item in day.arrived if kind_of(item.entry) == "started"]
    assert isinstance(started, Started)
    assert started.detail.camera == CameraFacts(scheme="queue", model=None)


def test_the_stranger_leaves_no_trace_of_who_it_is(day: Day) -> None:
    (found,) = [item for item in day.arrived if kind_of(item.entry) == "unknown_face"]
    assert isinstance(found.entry, EventEntry)
    assert isinstance(found.entry.body, UnknownFace)
    assert set(found.entry.body.detail.model_dump()) == {"frames", "threshold", "reason"}
    assert show.PERSON.encode() not in found.payload


def test_what_arrived_is_what_the_disk_holds_and_proves_itself(day: Day) -> None:
    assert [item.payload for item in day.arrived] == [stored.payload for stored in day.stored[: len(day.arrived)]]
    report = verify((stored.payload for stored in day.stored), day.key)
    assert report.sound
    assert report.entries == len(day.stored) == len(day.arrived) + 1
    payload = next(item.payload for item in day.arrived if isinstance(item.entry, RecordEntry))
    assert the_record(day).body.receipt == receipt_of(load(payload))
    assert (day.stored[-1].seq, day.unsent) == (6, 1), "`stopped` goes out after the next start"


def test_it_stops_in_order(day: Day) -> None:
    assert day.status == 0
    errors = [line for line in day.log.splitlines() if " ERROR " in line]
    assert [line.partition(": ")[2] for line in errors] == [
        "camera synthetic person gives no frames: the source has ended"
    ]
    assert "Traceback" not in day.log


def test_the_log_names_nobody(day: Day) -> None:
    assert "screen: recorded" in day.log
    told = day.log + "\n".join(day.statuses)
    for secret in (show.NAME, "Grace", show.PERSON, *(f"{abs(number):.4f}" for number in day.vector[:16])):
        assert secret not in told


def test_by_default_who_does_what_the_screen_asks_is_recorded_and_a_print_of_them_is_not(
    tmp_path: Path, known: Path
) -> None:
    print_url = f"attack:print_bent?source={known}&seconds=6&fps=15&seed=3&realtime=1"
    with office(tmp_path, print_url, show.walk_url(known, 0, known=True), level=LivenessSettings().level) as (_, kiosk):
        show.enrol(kiosk.settings, known)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            suspicion = kiosk.next(arrivals, "spoof_suspected", "challenge_failed", "record").entry.body
            entry = kiosk.next(arrivals, "record").entry
            assert kiosk.stop()[0] == 0
        assert isinstance(suspicion, SpoofSuspected | ChallengeFailed), kiosk.log
        assert (suspicion.detail.person, suspicion.detail.level) == (show.PERSON, "strict")
        assert isinstance(entry, RecordEntry)
        shown = entry.body.liveness
        assert shown.passed
        assert shown.challenge in USUAL_ACTIONS
        assert kiosk.said(f"asked: {shown.challenge}")
        assert len(kiosk.records()) == 1


def test_a_print_of_somebody_known_is_an_event_with_sealed_evidence_and_no_record(tmp_path: Path, known: Path) -> None:
    agency = Opener.make()
    url = f"attack:print?source={known}&seconds=12&fps=15&seed=1&realtime=1"
    with office(tmp_path, url, level="adaptive") as (_, kiosk):
        change(kiosk.config, "[attendance]", f'[agency]\nseal_to = "{agency.public.text}"\n\n[attendance]')
        change(kiosk.config, 'stage = "trial"', 'stage = "trial"\nevidence = "records"')
        show.enrol(kiosk.settings, known)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            event = kiosk.next(arrivals, "spoof_suspected", "challenge_failed", "camera_lost").entry
            kiosk.next(arrivals, "camera_lost")
            assert kiosk.stop()[0] == 0
        assert isinstance(event.body, SpoofSuspected | ChallengeFailed), kiosk.log
        assert (event.body.detail.person, event.body.detail.level) == (show.PERSON, "adaptive")
        assert event.evidence is not None
        assert kiosk.records() == []
        assert kiosk.said("spoof")
        with Parcels(tmp_path / "parcels.db") as parcels:
            parcel = parcels.get(event.evidence.sha256)
    assert parcel is not None
    assert parcel.key == event.id
    device = kiosk.settings.kiosk
    assert agency.open(parcel.sealed, evidence_purpose(device.unit, device.id))[:3] == b"\xff\xd8\xff"
