"""Outcomes of visits are recorded in a real ledger, on a machine whose clock the test sets."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from kiosk.attendance.default_rules import AttendanceSettings
from kiosk.attendance.evidence import EvidenceVault
from kiosk.attendance.registrar import Registrar, VisitResult
from kiosk.clock.clock import JudgedMoment, SystemClock, mark_of
from kiosk.clock.corrections import PendingCorrections
from kiosk.clock.event_log import EventLog
from kiosk.console import describe
from kiosk.dialogue.cards import card_of
from kiosk.monitors.stage import StageMonitor
from kiosk.people import EnrolledGallery
from kiosk.position.place import Fix, Site, TrackLimits, place_of
from kiosk.recognition.liveness import LivenessResult
from kiosk.recognition.observation import BestFrame
from kiosk.recognition.outcome import Kind, VisitOutcome
from kiosk.screen import Screen, Words
from models.calibration import Acceptance
from models.gallery import Gallery, Identity
from models.liveness.actions import Action
from models.liveness.finding import Suspicion
from models.quality import Reason
from sync.contract import ChallengeFailed, Draft, Entry, Place, RecordEntry, RecordFacts, SpoofSuspected, StageEntered
from sync.documents.policy import Policy
from sync.errors import StoreFull
from sync.ledger import Ledger
from tests.kiosk.machines import BOOT, SetMachine
from tests.kiosk.policies import WITA, local, policy
from tests.kiosk.reading import Reader, card_text, words
from tests.kiosk.samples import found
from tests.sync.helpers import event

SITE = Site(0.504889, 117.546295, 50.0)
PEOPLE = {"siti": np.eye(2, dtype=np.float32)[0], "budi": np.eye(2, dtype=np.float32)[1]}
NAMES = {"siti": "Siti Aminah", "budi": "Budi"}
GALLERY = EnrolledGallery(
    Gallery("test", PEOPLE), NAMES, {"budi": "shift"}, Acceptance(0.6, 0.05, 0.1, 1e-4), frozenset(), {}, ()
)
TRIAL = (local("2026-01-01T00:00:00"), "trial")


UNDONE, FLAT, ALIVE = (
    LivenessResult("adaptive", tuple(found(continuity=None, challenge=Suspicion.NOT_DONE)), Action.TURN_LEFT),
    LivenessResult("adaptive", tuple(found(continuity=None, challenge=Suspicion.FLAT)), Action.TURN_LEFT),
    LivenessResult("passive", tuple(found(parallax=None, life=None))),
)


def outcome(
    kind: Kind, person: str | None = None, proof: LivenessResult | None = None, *, rests: bool = False
) -> VisitOutcome:
    nearest = None if person is None else Identity(person, 0.7, 0.2, None)
    reasons = ((Reason.TOO_FAR, 4),) if kind == "refused" else ()
    return VisitOutcome(kind, 1.0, 1.0, 0.2, 5, nearest, None, reasons, proof, rests)


class KeepsNone(EvidenceVault):
    """An evidence vault that notes when evidence would be kept, and keeps none."""

    def __init__(self, asked: list[tuple[str, BestFrame | None, datetime]]) -> None:
        self.asked = asked

    def keep(self, person: str, best_frame: BestFrame | None, at: datetime) -> None:
        self.asked.append((person, best_frame, at))


class Wall:
    """A kiosk from the registrar down, with a policy that the test hands in."""

    def __init__(self, folder: Path) -> None:
        self.ledger = Ledger(folder / "ledger.db", "lobby", "sangatta-utara")
        self.machine = SetMachine(rtc_there=True)
        self.fix: Fix | None = None
        self.policy: Policy | None = None
        self.between: Callable[[], None] = lambda: None
        self.kept: list[tuple[str, BestFrame | None, datetime]] = []
        self.own = AttendanceSettings()
        self.screen = Screen()
        self.reader = Reader(self.screen)

    def start(self) -> None:
        """Builds clock and registrar anew, as a start of the daemon does."""
        self.ledger.open()
        self.clock = SystemClock(WITA, mark_of(self.ledger.last_at), self.machine, lambda: self.fix)
        rules = lambda: self.policy or self.own.rules()  # noqa: E731
        evidence = KeepsNone(self.kept)
        self.registrar = Registrar(self.ledger, rules, place=self._place, clock=self.clock, evidence=evidence)
        event_log = EventLog(self.ledger, self.clock, self.screen)
        self.keeper = StageMonitor(lambda: self.policy, self.clock, self.ledger, event_log)

    def at(
        self, text: str, kind: Kind = "identified", person: str | None = "siti", proof: LivenessResult | None = None
    ) -> VisitResult:
        """Registers a visit at this time."""
        self.machine.show(local(text))
        self.keeper.tick()
        return self.registrar.register(outcome(kind, person, proof), GALLERY)

    def set_right(self, text: str) -> None:
        """Sets the clock once, as the network does."""
        if self.machine.kernel is None:
            self.machine.show(local(text))
            self.machine.kernel = 0.02

    def say(self, result: VisitResult) -> str:
        return card_text(card_of(result, NAMES, Words(), "1"))

    def entered(self) -> list[tuple[str, datetime]]:
        bodies = [entry.body for entry in self.ledger.entries()]
        return [(body.detail.stage, body.detail.due) for body in bodies if isinstance(body, StageEntered)]

    def kinds(self) -> list[str]:
        return ["record" if entry.kind == "record" else entry.body.type for entry in self.ledger.entries()]

    def _place(self, moment: JudgedMoment) -> Place:
        """Asked after the decision; what happens in between is the test's."""
        self.between()
        return place_of([], SITE, moment.monotonic_s, TrackLimits())


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    wall = Wall(tmp_path)
    wall.start()
    yield wall
    wall.ledger.close()


def test_a_day_by_the_agencys_policy(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    day = [wall.at(f"2026-01-05T{clock}:00") for clock in ("07:45", "12:02", "12:58", "15:50", "16:20")]
    assert [result.outcome for result in day] == ["recorded"] * 4 + ["repeat"]
    assert [result.session for result in day] == ["in", "break_out", "break_in", "out", "out"]
    records = [result.entry for result in day[:4]]
    assert all(isinstance(record, RecordEntry) for record in records)
    duties = [record.body.duty.model_dump(mode="json") for record in records]
    assert duties[0] == {"day": "2026-01-05", "schedule": "reg5", "shift": "office", "class": "TL1", "minutes": 15}
    assert [(duty["class"], duty["minutes"]) for duty in duties[1:]] == [(None, 0), (None, 0), ("PSW1", 10)]
    said = [wall.say(result) for result in day]
    for told, line in zip(
        ("masuk tercatat pukul 07.45", "istirahat tercatat pukul 12.02", "kembali tercatat pukul 12.58",
         "pulang tercatat pukul 15.50 WITA. Hati-hati", "sudah presensi pulang pukul 15.50 WITA"),
        said, strict=True,
    ):  # fmt: skip
        assert told in line
    assert not any(word in line for line in said for word in ("TL1", "PSW", "15 "))


def test_each_person_by_their_own_schedule_across_midnight(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    night = [wall.at(f"2026-{at}:00", person="budi") for at in ("01-05T20:20", "01-06T07:50", "01-06T07:52")]
    assert [(result.outcome, result.session) for result in night] == [
        ("recorded", "in"),
        ("recorded", "out"),
        ("repeat", "out"),
    ]
    assert {entry.day.isoformat() for entry in wall.ledger.entries() if entry.kind == "record"} == {"2026-01-05"}
    assert wall.at("2026-01-06T07:53:00", person="siti").session == "in"


def test_a_schedule_that_the_policy_does_not_have_is_told_and_the_default_holds(
    wall: Wall, caplog: pytest.LogCaptureFixture
) -> None:
    result = wall.at("2026-01-05T07:20:00", person="budi")
    assert isinstance(result.entry, RecordEntry)
    assert result.entry.body.duty is not None
    assert (result.entry.body.duty.schedule, result.entry.body.duty.class_) == ("settings", None)
    (told,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "shift" in told
    assert "budi" not in told


def test_free_days_and_closed_hours_record_nothing_and_say_so(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    for at, why in (("2026-06-01T08:00:00", "holiday"), ("2026-01-10T08:00:00", "closed")):
        result = wall.at(at)
        assert (result.outcome, result.entry) == (why, None)
        assert wall.say(result) == words(why)
    assert wall.kinds() == ["stage_entered"]


def test_stages_one_after_another_each_told_once(wall: Wall) -> None:
    wall.policy = policy(
        (local("2026-01-06T00:00:00"), "socialisation"),
        (local("2026-01-07T08:00:00"), "trial"),
        (local("2026-01-08T00:00:00"), "active"),
    )
    before = wall.at("2026-01-05T07:20:00")
    assert (before.outcome, wall.say(before)) == ("inactive", words("inactive"))
    visits: tuple[tuple[Kind, str | None], ...] = (("refused", None), ("unknown", None), ("identified", "siti"))
    for kind, person in visits:
        assert wall.at("2026-01-06T07:20:00", kind, person).entry is None
    practice = wall.at("2026-01-07T07:59:59")
    assert practice.outcome == "practice"
    assert wall.say(practice) == "Selamat pagi, Siti Aminah · Latihan: presensi tidak dicatat"
    assert wall.kinds() == ["stage_entered"], "practice leaves nothing"
    trial = wall.at("2026-01-07T08:00:00")
    active = wall.at("2026-01-08T07:20:00")
    assert isinstance(trial.entry, RecordEntry)
    assert isinstance(active.entry, RecordEntry)
    assert (trial.entry.body.stage, trial.entry.body.decree) == ("trial", None)
    assert (active.entry.body.stage, active.entry.body.decree) == ("active", "800/1/2026")
    assert words("trial") in wall.say(trial)
    assert words("trial") not in wall.say(active)
    assert wall.kinds() == ["stage_entered", "stage_entered", "record", "stage_entered", "record"]
    assert [stage for stage, _ in wall.entered()] == ["socialisation", "trial", "active"]
    assert wall.entered()[1][1] == local("2026-01-07T08:00:00")


def test_a_stage_is_not_told_again_after_a_restart_nor_for_a_newer_policy_that_keeps_it(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    wall.at("2026-01-05T07:20:00")
    wall.ledger.close()
    wall.start()
    wall.at("2026-01-05T07:25:00")
    wall.policy = policy(TRIAL, version=2)
    wall.at("2026-01-05T07:30:00")
    assert wall.entered() == [("trial", local("2026-01-01T00:00:00"))]
    wall.policy = policy((local("2026-01-05T07:00:00"), "active"), version=3)
    wall.at("2026-01-05T12:05:00")
    assert [stage for stage, _ in wall.entered()] == ["trial", "active"]


def test_a_stage_that_could_not_be_told_is_told_when_there_is_room(wall: Wall) -> None:
    wall.machine.show(local("2026-01-05T07:00:00"))
    connection = wall.ledger._database.connection
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(StoreFull):
        for _ in range(100):
            wall.ledger.append(event())
    wall.policy = policy(TRIAL)
    wall.keeper.tick()
    assert wall.entered() == []
    assert wall.reader.take() == words("storage")
    connection.execute("PRAGMA max_page_count = 1000000")
    for _ in range(2):
        wall.keeper.tick()
    assert wall.entered() == [("trial", TRIAL[0])]


def test_a_clock_that_fell_back_keeps_the_stage_also_over_a_restart(wall: Wall) -> None:
    wall.policy = policy(TRIAL, (local("2026-01-05T00:00:00"), "active"))
    assert isinstance(wall.at("2026-01-05T07:20:00").entry, RecordEntry)
    wall.machine.rtc_there = False
    wall.machine.boot_id = BOOT.replace("0", "1")
    wall.ledger.close()
    wall.start()
    fallen = wall.at("1970-01-05T08:00:00")
    assert isinstance(fallen.entry, RecordEntry)
    assert (fallen.entry.clock.source, fallen.entry.body.stage) == ("none", "active")
    assert len(wall.entered()) == 1


def test_where_the_receiver_alone_knows_the_time_the_day_goes_by_it(wall: Wall) -> None:
    """The battery of the clock is empty: after the night it goes on where it stopped, and nobody sets it."""
    wall.policy = policy(TRIAL, (local("2026-01-06T00:00:00"), "active"))
    assert wall.at("2026-01-05T16:01:00").session == "out"
    wall.machine.rtc_there = False
    wall.machine.show(local("2026-01-05T16:02:00"))
    utc = local("2026-01-06T07:25:00")
    wall.fix = Fix(0.5, 117.5, 4.0, 9, wall.machine.monotonic(), utc, 3)
    result = wall.registrar.register(outcome("identified", "siti"), GALLERY)
    assert (result.outcome, result.session) == ("recorded", "in")
    assert "masuk tercatat pukul 07.25" in wall.say(result)
    assert isinstance(result.entry, RecordEntry)
    assert (result.entry.day, result.entry.body.stage) == (utc.date(), "active")
    assert (result.entry.at, result.entry.clock.source) == (local("2026-01-05T16:02:00"), "none")
    assert wall.registrar.register(outcome("identified", "siti"), GALLERY).outcome == "repeat"


@pytest.mark.parametrize("kind", ["identified", "unknown", "refused", "spoof"])
def test_an_entry_is_of_the_moment_of_its_decision_although_the_clock_is_set_before_it_is_written(
    wall: Wall, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    """The network's first answer after a start: whoever came before it was stamped by nobody, and is set right."""
    wall.machine.rtc_there = False
    append = wall.ledger.append

    def set_first(draft: Draft) -> Entry:
        wall.set_right("2026-11-30T07:10:00")
        return append(draft)

    wall.between = lambda: wall.set_right("2026-11-30T07:10:00")
    monkeypatch.setattr(wall.ledger, "append", set_first)
    wall.machine.show(local("2025-06-02T07:10:00"))
    result = wall.registrar.register(outcome(kind, "siti", FLAT if kind == "spoof" else None), GALLERY)
    assert result.entry is not None
    assert (result.entry.at, result.entry.clock.source) == (local("2025-06-02T07:10:00"), "none")
    waiting = PendingCorrections(wall.ledger, BOOT)
    waiting.read_on()
    assert [entry.id for entry in waiting.first(9)] == ([result.entry.id] if kind == "identified" else [])


def test_what_is_taken_back_is_of_one_moment_too(wall: Wall) -> None:
    wall.machine.rtc_there = False
    first = wall.at("2025-06-02T07:10:00")
    assert isinstance(first.entry, RecordEntry)
    wall.between = lambda: wall.set_right("2026-11-30T07:10:00")
    voided = wall.registrar.take_back(first.entry)
    assert (voided.at, voided.clock.source) == (local("2025-06-02T07:10:00"), "none")


def test_the_age_of_evidence_counts_from_the_best_known_time(wall: Wall) -> None:
    """By a wall clock that shows last year it would be too old to be sent as soon as the clock is right."""
    assert wall.at("2026-11-30T07:10:00").outcome == "recorded"
    wall.ledger.close()
    wall.start()
    wall.machine.rtc_there = False
    wall.at("2025-06-02T07:10:00")
    assert wall.kept == [("siti", None, local("2026-11-30T07:10:00"))] * 2


def test_the_same_wrong_date_after_another_start_of_the_machine_is_another_day(wall: Wall) -> None:
    wall.machine.rtc_there = False
    assert wall.at("2026-01-05T07:20:00").outcome == "recorded"
    assert wall.at("2026-01-05T07:25:00").outcome == "repeat"
    wall.machine.boot_id = BOOT.replace("0", "1")
    assert wall.at("2026-01-05T07:20:00").outcome == "recorded"


def test_a_record_that_was_taken_back_can_be_made_again(wall: Wall) -> None:
    first = wall.at("2026-01-05T07:20:00")
    assert isinstance(first.entry, RecordEntry)
    taken_back = first.entry.body.model_dump(exclude={"receipt"}) | {"voids": first.entry.id}
    wall.ledger.append(Draft(RecordFacts.model_validate(taken_back), wall.clock.moment()))
    again = wall.at("2026-01-05T07:21:00")
    assert again.outcome == "recorded"
    assert wall.at("2026-01-05T07:22:00").entry == again.entry


def test_a_record_made_before_no_camera_says_so_also_when_it_is_taken_back(wall: Wall) -> None:
    before = wall.at("2026-01-05T07:20:00").entry
    place = lambda _moment: place_of([], SITE, 0.0, TrackLimits())  # noqa: E731
    wall.registrar = Registrar(wall.ledger, wall.own.rules, place=place, clock=wall.clock, source="synthetic")
    after = wall.at("2026-01-06T07:20:00").entry
    assert isinstance(before, RecordEntry)
    assert isinstance(after, RecordEntry)
    back = wall.registrar.take_back(after)
    assert isinstance(back, RecordEntry)
    assert (before.body.source, after.body.source, back.body.source) == ("camera", "synthetic", "synthetic")
    assert "NO CAMERA (synthetic)" in describe(after)
    assert "NO CAMERA" not in describe(before)


def test_without_a_policy_the_settings_hold(wall: Wall) -> None:
    day = [wall.at(f"2026-01-10T{clock}:00") for clock in ("05:59", "06:00", "11:59", "12:00", "18:00")]
    assert [(result.outcome, result.session) for result in day] == [
        ("closed", None), ("recorded", "in"), ("repeat", "in"), ("recorded", "out"), ("closed", None),
    ]  # fmt: skip
    record = day[1].entry
    assert isinstance(record, RecordEntry)
    assert record.body.stage == "trial"
    assert record.body.duty is not None
    assert record.body.duty.class_ is None
    assert wall.entered() == []


def test_a_clock_that_was_ahead_takes_no_day_away(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    moments = ("2027-01-04T07:20:00", "2026-01-05T07:20:00", "2026-01-06T07:20:00")
    assert [wall.at(moment).outcome for moment in moments] == ["recorded"] * 3


@pytest.mark.parametrize(
    ("proof", "type_", "reasons", "said"),
    [
        (FLAT, "spoof_suspected", ("flat",), "bukan melalui foto atau layar"),
        (UNDONE, "challenge_failed", ("not_done",), "Gerakan belum terlihat"),
    ],
)
def test_a_face_without_its_person_is_an_event_and_no_record(
    wall: Wall, proof: LivenessResult, type_: str, reasons: tuple[str, ...], said: str
) -> None:
    wall.policy = policy(TRIAL)
    result = wall.at("2026-01-05T07:20:00", "spoof", proof=proof)
    assert wall.kinds() == [*wall.kinds()[:-1], type_]
    assert "record" not in wall.kinds()
    assert result.entry is not None
    assert isinstance(result.entry.body, SpoofSuspected | ChallengeFailed)
    detail = result.entry.body.detail
    assert (detail.person, detail.level, detail.reasons, detail.challenge, detail.evidence) == (
        "siti", "adaptive", reasons, "turn_left", None,
    )  # fmt: skip
    assert detail.checks == {"continuity": 0.9, "challenge": 0.2}
    assert said in wall.say(result)
    assert "Siti" not in wall.say(result)


def test_a_record_says_what_spoke_for_its_person_and_a_kiosk_that_looked_at_nothing_says_so(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    careful = wall.at("2026-01-05T07:20:00", proof=ALIVE)
    careless = wall.at("2026-01-05T07:21:00", person="budi", proof=LivenessResult("off"))
    said = [result.entry.body.liveness for result in (careful, careless) if isinstance(result.entry, RecordEntry)]
    assert [alive and alive.model_dump() for alive in said] == [
        {"passed": True, "score": 0.9, "checks": {"parallax": 0.9, "life": 0.9}, "challenge": None},
        {"passed": False, "score": 0.0, "checks": {}, "challenge": None},
    ]
    assert words("unchecked") in wall.say(careless)
    assert words("unchecked") not in wall.say(careful)


def test_after_too_many_suspicions_the_way_to_the_officer_is_said(wall: Wall) -> None:
    wall.policy = policy(TRIAL)
    wall.machine.show(local("2026-01-05T07:20:00"))
    result = wall.registrar.register(outcome("spoof", "siti", FLAT, rests=True), GALLERY)
    assert "operator" in wall.say(result)


def test_practice_keeps_nothing_of_a_suspicion(wall: Wall) -> None:
    wall.policy = policy((local("2026-01-01T00:00:00"), "socialisation"))
    wall.keeper.tick()
    before = wall.kinds()
    result = wall.at("2026-01-05T07:20:00", "spoof", proof=FLAT)
    assert (result.outcome, result.entry) == ("spoof", None)
    assert [kind for kind in wall.kinds() if kind not in ("stage_entered", *before)] == []
