"""By NIP and PIN: a record that people review, slow guessing, and no word of either anywhere."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from camera import Frame
from kiosk.attendance.evidence import EvidenceVault
from kiosk.counter.counter import photo
from kiosk.people import Details
from kiosk.recognition.observation import BestFrame, Observation
from kiosk.recognition.pipeline import FrameAnalysis
from kiosk.recognition.vision_jobs import VisionContext, VisionJobs
from kiosk.screen import Phrase, Words
from kiosk.storage.disk import DiskSpace
from models.face import Box
from sync.contract import PinSet, PinSetDetail
from sync.documents.sealing import Opener
from sync.parcels import Parcels
from tests.kiosk.counter.bench import BUDI, PIN_OF, SITI, TUTI, Bench
from tests.kiosk.machines import BOOT
from tests.kiosk.policies import local, policy
from tests.kiosk.reading import words

T = TypeVar("T")

NOBODYS = "199608182022041001"
WRONG = "702846"
SIGHTING = BestFrame(np.full((480, 640, 3), 90, np.uint8), Box(200, 100, 400, 340))


def test_a_pin_makes_a_record_without_a_face_that_says_why(bench: Bench) -> None:
    said = bench.gives("19860926 201505 1 001", PIN_OF[BUDI], "veil")
    assert (said.status, said.text) == (200, bench.card.text)
    assert "Budi" in bench.card.title
    (record,) = bench.records()
    body = record.body
    assert (body.person, body.session, body.method, body.reason) == ("budi", "in", "pin", "veil")
    assert (body.match, body.liveness) == (None, None)
    assert body.duty is not None
    assert bench.card.receipt == body.receipt
    assert bench.events("pin_refused") == []
    assert "sudah presensi masuk" in bench.gives(BUDI).text
    assert bench.counter.answer(bench.card.id, "not_me").status == 409
    assert len(bench.records()) == 1


def test_who_is_known_twice_by_one_nip_is_whom_the_roster_says(bench: Bench) -> None:
    details = Details(name="Budi", nip=BUDI)
    bench.people.put("a-budi-of-the-wall", details, "test@1", [], bench.clock.moment().at)
    assert bench.gives(BUDI).status == 200
    (record,) = bench.records()
    assert record.body.person == "budi"


def test_a_record_by_pin_can_be_objected_to(bench: Bench) -> None:
    bench.gives(BUDI)
    assert bench.counter.answer(bench.card.id, "not_me").status == 200
    first, voiding = bench.records()
    assert (voiding.body.voids, voiding.body.method, voiding.body.reason) == (first.id, "pin", "injury")


def test_who_leaves_early_by_pin_is_asked_as_well(bench: Bench) -> None:
    bench.watch()
    bench.at("2026-01-05T15:20:00")
    assert "Tetap catat?" in bench.gives(BUDI).text
    assert bench.counter.answer(bench.card.id, "yes").status == 200
    (record,) = bench.records()
    assert (record.body.session, record.body.method) == ("out", "pin")


@pytest.mark.parametrize(
    ("nip", "pin", "person", "reason"),
    [
        (BUDI, WRONG, "budi", "wrong_pin"),
        (BUDI, "", "budi", "wrong_pin"),
        (BUDI, "\uff19\uff10\uff15\uff11\uff17\uff12", "budi", "wrong_pin"),
        (BUDI, PIN_OF[SITI], "budi", "wrong_pin"),
        (TUTI, PIN_OF[SITI], "tuti", "no_pin"),
        (NOBODYS, PIN_OF[SITI], None, "unknown_nip"),
    ],
)
def test_what_does_not_match_is_refused_with_one_and_the_same_word(
    bench: Bench, nip: str, pin: str, person: str | None, reason: str
) -> None:
    said = bench.gives(nip, pin)
    assert (said.status, said.text) == (403, words("pin_wrong"))
    assert bench.events("pin_refused") == [{"person": person, "purpose": "record", "reason": reason}]
    assert bench.records() == []
    assert bench.screen.state.card is None


@pytest.mark.parametrize("nip", ["", "12", "198609262015051000", "1986\uff109262015051001", "6408041209860001"])
def test_what_is_no_nip_is_said_and_counts_as_no_try(bench: Bench, nip: str) -> None:
    assert [bench.gives(nip, WRONG).text for _ in range(12)] == [words("pin_nip_wrong")] * 12
    assert bench.gives(BUDI).status == 200


def test_a_reason_is_one_of_the_list(bench: Bench) -> None:
    said = bench.gives(BUDI, reason="because")
    assert (said.status, said.text) == (403, words("pin_reason_wrong"))
    assert bench.records() == []


def test_five_wrong_ones_lock_the_person_and_nobody_else_also_over_a_restart(bench: Bench) -> None:
    assert [bench.gives(BUDI, WRONG).status for _ in range(5)] == [403] * 5
    locked = bench.gives(BUDI)
    until = Words().say(Phrase("pin_locked", time="07.35 WITA"))
    assert (locked.status, locked.text) == (429, until)
    assert bench.counter.sign_in(BUDI, PIN_OF[BUDI]) == locked, "the PIN is the same for both"
    assert bench.gives(SITI).status == 200
    bench.stop()
    bench.start()
    bench.later(minutes=14)
    assert bench.gives(BUDI).status == 429
    bench.later(minutes=1, seconds=1)
    assert bench.gives(BUDI).status == 200
    assert [event["reason"] for event in bench.events("pin_refused")] == ["wrong_pin"] * 5 + ["locked"] * 2


def test_a_nip_that_is_nobodys_locks_in_the_same_words_and_at_the_same_try(bench: Bench) -> None:
    for nip, time_ in ((NOBODYS, "07.35 WITA"), (BUDI, "07.41 WITA")):
        said = [bench.gives(nip, WRONG) for _ in range(6)]
        assert {(one.status, one.text) for one in said[:5]} == {(403, words("pin_wrong"))}
        locked = Words().say(Phrase("pin_locked", time=time_))
        assert (said[5].status, said[5].text) == (429, locked), "nobody learns whose NIP is known here"
        bench.later(minutes=6)
    assert [event["person"] for event in bench.events("pin_refused")] == [None] * 6 + ["budi"] * 6


def test_a_lock_is_told_once_and_not_with_every_try(bench: Bench) -> None:
    for _ in range(30):
        bench.gives(BUDI, WRONG)
    assert [event["reason"] for event in bench.events("pin_refused")] == ["wrong_pin"] * 5 + ["locked"]


def test_no_nip_that_was_locked_is_remembered_for_ever(bench: Bench) -> None:
    for nip in (NOBODYS, BUDI):
        for _ in range(6):
            bench.gives(nip, WRONG)
        bench.later(minutes=16)
    assert bench.counter.pins._told == {"budi"}


def test_a_right_pin_ends_the_row_of_wrong_ones(bench: Bench) -> None:
    for _ in range(3):
        assert [bench.gives(BUDI, WRONG).status for _ in range(4)] == [403] * 4
        assert bench.gives(BUDI).status == 200
        bench.later(minutes=6)


def test_another_start_of_the_machine_shortens_no_lock_though_its_clock_forgets(bench: Bench) -> None:
    for _ in range(5):
        bench.gives(BUDI, WRONG)
    bench.stop()
    bench.machine.rtc_there, bench.machine.boot_id = False, BOOT.replace("0", "1")
    bench.machine.true_s = 30
    bench.machine.show(local("1970-01-05T08:00:00"))
    bench.start()
    assert bench.gives(BUDI).status == 429
    bench.later(minutes=15)
    assert bench.gives(BUDI).status == 200


def test_after_another_start_with_a_good_clock_the_time_without_power_counts(bench: Bench) -> None:
    for _ in range(5):
        bench.gives(BUDI, WRONG)
    bench.stop()
    bench.machine.boot_id = BOOT.replace("0", "1")
    bench.machine.true_s = 60
    bench.machine.show(local("2026-01-05T07:30:00"))
    bench.start()
    assert bench.gives(BUDI).status == 429
    bench.later(minutes=6)
    assert bench.gives(BUDI).status == 200


def test_a_new_pin_opens_a_lock_at_once(bench: Bench) -> None:
    for _ in range(5):
        bench.gives(BUDI, WRONG)
    assert bench.gives(BUDI).status == 429
    bench.event_log.record(PinSet(detail=PinSetDetail(person="budi")))
    assert bench.gives(BUDI).status == 200


def test_ten_wrong_ones_at_the_kiosk_make_everybody_wait_a_minute(bench: Bench) -> None:
    for number in range(10):
        nip = f"{NOBODYS[:-1]}{number // 4 + 1}"  # no NIP so often that it is locked
        assert bench.gives(nip, WRONG).status == 403
        bench.later(seconds=2)
    for _ in range(3):
        said = bench.gives(SITI)
        assert (said.status, said.text) == (429, words("pin_paused"))
    bench.later(minutes=1)
    assert bench.gives(SITI).status == 200
    assert [event["reason"] for event in bench.events("pin_refused")] == ["unknown_nip"] * 10 + ["paused"]


def test_wrong_ones_count_also_while_the_disk_is_full(bench: Bench) -> None:
    bench.fill_disk()
    for _ in range(5):
        bench.gives(BUDI, WRONG)
    assert bench.gives(BUDI).status == 429


def test_a_hash_that_is_none_lets_nobody_in(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    details = Details(name="Budi", nip=BUDI, pin="$argon2id$nonsense")
    bench.people.describe("budi", details, 2)
    assert bench.gives(BUDI).status == 403
    assert "cannot be compared" in caplog.text


def test_stages_hold_for_pins_too(bench: Bench) -> None:
    bench.policy = policy((local("2026-02-01T00:00:00"), "active"))
    said = bench.gives(BUDI)
    assert (said.status, said.text) == (403, words("inactive"))
    assert bench.gives(BUDI, WRONG) == said
    assert bench.entries() == []
    bench.policy = policy((local("2026-01-01T00:00:00"), "socialisation"))
    assert bench.gives(BUDI).text == words("practice")
    assert (bench.records(), bench.photos) == ([], 0)
    bench.policy = policy((local("2026-01-01T00:00:00"), "active"))
    bench.gives(BUDI)
    (record,) = bench.records()
    assert (record.body.stage, record.body.decree) == ("active", "800/1/2026")


def test_outside_the_hours_it_is_refused_with_the_reason(bench: Bench) -> None:
    bench.at("2026-01-10T08:00:00")
    said = bench.gives(BUDI)
    assert (said.status, said.text) == (403, words("closed"))


def test_neither_nip_nor_pin_is_in_log_or_ledger(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bench.gives(BUDI, WRONG)
    bench.gives(BUDI)
    bench.gives(NOBODYS, WRONG)
    bench.counter.sign_in(SITI, PIN_OF[SITI])
    held = caplog.text + "".join(entry.model_dump_json() for entry in bench.entries())
    assert "pin_refused" in held
    assert not [secret for secret in (BUDI, SITI, NOBODYS, WRONG, *PIN_OF.values(), "argon2id") if secret in held]


def test_the_photo_of_who_gave_the_pin_is_sealed_to_the_agency(bench: Bench, tmp_path: Path) -> None:
    agency = Opener.make()
    with Parcels(tmp_path / "parcels.db") as parcels:
        room = DiskSpace(tmp_path, 0, 0)
        bench.evidence = EvidenceVault(
            parcels, bench.ledger, room, wanted=lambda: True, seal_to=agency.public, purpose="test"
        )
        bench.best_frame = SIGHTING
        bench.stop()
        bench.start()
        bench.gives(BUDI)
        (record,) = bench.records()
        assert record.body.evidence is not None
        parcel = parcels.get(record.body.evidence.sha256)
        assert parcel is not None
        assert parcel.key == record.id
        assert agency.open(parcel.sealed, "test").startswith(b"\xff\xd8\xff")
        bench.counter.answer(bench.card.id, "not_me")
        assert bench.records()[-1].body.evidence is None, "it stays that of the record"


class _Served(VisionJobs):
    """Errands of a vision thread that comes to them at once, with this in its hands."""

    def __init__(self, frame: Frame | None, analysis: FrameAnalysis | None) -> None:
        super().__init__()
        self._booth = VisionContext(None, frame, analysis)  # type: ignore[arg-type]  # a photo needs no pipeline

    def run(self, job: Callable[[VisionContext], T], timeout_s: float) -> T:
        assert timeout_s < 5
        return job(self._booth)


def test_the_photo_is_of_now_and_shows_the_face_if_one_is_seen() -> None:
    now_s, image, box = time.monotonic(), SIGHTING.image, SIGHTING.box
    frame = Frame(image, now_s, 1)
    seen = photo(_Served(frame, FrameAnalysis(Observation(now_s - 0.1, box))))
    assert seen is not None
    assert seen.box == box
    for analysis in (None, FrameAnalysis(Observation(now_s)), FrameAnalysis(Observation(now_s - 5, box))):
        whole = photo(_Served(frame, analysis))
        assert whole is not None
        assert whole.box == Box(0, 0, 640, 480)
    assert photo(_Served(Frame(image, now_s - 60, 1), None)) is None, "the camera is lost"
    assert photo(_Served(None, None)) is None


def test_without_a_vision_thread_there_is_no_photo() -> None:
    jobs = VisionJobs()
    jobs.close()
    assert photo(jobs) is None


def test_a_camera_that_is_away_stays_said_after_somebody_has_come_by_pin(bench: Bench) -> None:
    bench.screen.stand(Phrase("idle"), status="ready")
    bench.screen.trouble(Phrase("camera_lost"), status="no frames from the camera")
    assert bench.gives(BUDI, reason="camera").status == 200
    bench.later(seconds=10)
    bench.screen.tick()
    assert bench.screen.state.card is None
    assert bench.screen.state.banner.title == words("camera_lost"), "nobody may wait before a camera that sees nothing"
    bench.screen.trouble(None, status="camera is back")
    assert bench.screen.state.banner.title == words("idle")
