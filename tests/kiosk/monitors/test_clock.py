"""The clock, its monitor and a real ledger on a machine whose clocks the test sets."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.clock.clock import SystemClock, ThisMachine, mark_of
from kiosk.clock.corrections import PendingCorrections
from kiosk.clock.event_log import EventLog
from kiosk.clock.provenance import ClockMark
from kiosk.monitors.clock import ClockMonitor
from kiosk.position.place import Fix
from kiosk.screen import Screen
from sync.contract import ClockCorrected, ClockStamp, ClockStep, Draft, Entry, EventEntry, RecordEntry, parse_entry
from sync.ledger import Ledger, Stored
from tests.kiosk.machines import BOOT, START, SetMachine
from tests.kiosk.reading import Reader, words
from tests.sync.helpers import record

WITA = ZoneInfo("Asia/Makassar")


class Desk:
    """Clock, ledger, screen and clock monitor of a kiosk, as the daemon joins them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.machine = SetMachine()
        self.fix: Fix | None = None
        self.start()

    def start(self) -> None:
        """Builds clock and monitor anew, as a start of the daemon does."""
        self.clock = SystemClock(WITA, mark_of(self.ledger.last_at), self.machine, lambda: self.fix)
        self.screen = Screen()
        self.reader = Reader(self.screen)
        self.keeper = ClockMonitor(self.clock, self.ledger, EventLog(self.ledger, self.clock, self.screen), self.screen)

    def later(self, seconds: float = 1.0) -> None:
        """Lets time go on, and the monitor look."""
        self.machine.true_s += seconds
        self.keeper.tick()

    def receiver(self) -> None:
        """Receives a fix of this moment, half a second late."""
        utc = self.machine.true() - timedelta(seconds=0.5)
        self.fix = Fix(0.5, 117.5, 4.0, 9, self.machine.monotonic(), utc, 3)

    def arrive(self, person: str = "p-1") -> Entry:
        """Records a person now."""
        return self.ledger.append(Draft(record(person).body, self.clock.moment()))

    def corrections(self) -> list[EventEntry]:
        found = (entry for entry in self.ledger.entries() if isinstance(entry, EventEntry))
        return [entry for entry in found if isinstance(entry.body, ClockCorrected)]

    def steps(self) -> list[ClockStep]:
        return [entry.body for entry in self.ledger.entries() if isinstance(entry.body, ClockStep)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Ledger(tmp_path / "ledger.db", "lobby", "sangatta-utara") as ledger:
        yield Desk(ledger)


def test_records_of_a_wrong_clock_are_set_right_when_the_network_comes(desk: Desk) -> None:
    desk.machine.wrong_s = -86_400 * 30
    desk.machine.true_s = 100.0
    early = desk.arrive("p-1")
    desk.later(3600)
    late = desk.arrive("p-2")
    assert (early.clock.source, early.clock.uncertainty_s) == ("none", None)
    desk.later(60)
    assert desk.corrections() == []
    desk.machine.wrong_s, desk.machine.kernel = 0.0, 0.2
    desk.later()
    first, second = desk.corrections()
    assert [first.clock.corrects, second.clock.corrects] == [early.id, late.id]
    assert first.at == START + timedelta(seconds=100)
    assert second.at == START + timedelta(seconds=3700)
    assert first.at.utcoffset() == timedelta(hours=8)
    assert isinstance(first.body, ClockCorrected)
    assert first.body.detail.was == early.at
    assert (first.body.detail.seq, first.body.detail.shift_s) == (early.seq, 86_400 * 30)
    assert first.clock.source == "ntp"
    assert first.clock.uncertainty_s == pytest.approx(0.2 + 3661e-4, abs=0.001)
    assert (first.clock.boot_id, first.clock.monotonic_s) == (BOOT, early.clock.monotonic_s)


def test_each_record_is_corrected_once_also_over_a_restart_of_the_daemon(desk: Desk) -> None:
    for number in range(50):
        desk.arrive(f"p-{number}")
    desk.machine.kernel = 0.2
    desk.later()
    assert 0 < len(desk.corrections()) < 50, "a few at a time"
    desk.start()
    for _ in range(10):
        desk.later()
    corrected = [entry.clock.corrects for entry in desk.corrections()]
    assert corrected == [entry.id for entry in desk.ledger.entries() if isinstance(entry, RecordEntry)]


def test_of_a_long_ledger_only_what_may_wait_is_read_a_little_at_a_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.clock.corrections._PAGE", 10)
    waiting = PendingCorrections(desk.ledger, BOOT)
    for _ in range(30):
        desk.ledger.append(record())
    early = [desk.arrive() for _ in range(10)]
    last = desk.arrive()
    assert not waiting.read_on()
    assert waiting.first(99) == early
    assert waiting.read_on()
    assert waiting.first(99) == [*early, last]


def test_other_boots_and_records_that_were_vouched_for_stay_as_they_are(desk: Desk) -> None:
    desk.arrive("p-1")
    desk.machine.boot_id = BOOT.replace("0", "1")
    desk.machine.kernel = 0.2
    desk.start()
    desk.arrive("p-2")
    desk.later()
    assert desk.corrections() == []


def test_a_damaged_record_stops_nobody(desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Damaged after it was delivered: it is told, and the others are set right."""
    bad, good = desk.arrive("p-1"), desk.arrive("p-2")
    desk.ledger.mark_receipted([bad.seq])
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER entry_is_final")
        damaged = "CAST(replace(CAST(payload AS TEXT), '\"v\":1', '\"v\":?') AS BLOB)"
        raw.execute(f"UPDATE entry SET payload = {damaged} WHERE seq = ?", (bad.seq,))  # noqa: S608
    desk.start()
    assert desk.ledger.last_at("gnss") is None
    desk.machine.kernel = 0.2
    desk.later()
    (correction,) = (c for c in map(_read, desk.ledger.stored(good.seq + 1)) if isinstance(c.body, ClockCorrected))
    assert correction.clock.corrects == good.id
    assert f"entry {bad.seq} is " in caplog.text


def _read(stored: Stored) -> Entry:
    return parse_entry(stored.payload)


def test_a_receiver_alone_sets_records_right_while_the_wall_clock_stays_wrong(desk: Desk) -> None:
    desk.machine.wrong_s = 7200.0
    desk.machine.rtc_there = True
    entry = desk.arrive()
    assert entry.clock.source == "rtc"
    desk.receiver()
    assert desk.clock.moment().clock.source == "none"
    assert desk.clock.moment().found.disagrees
    desk.later()
    (correction,) = desk.corrections()
    assert abs((correction.at - START).total_seconds()) <= 0.75
    assert (correction.clock.source, correction.clock.corrects) == ("gnss", entry.id)


def test_a_receiver_that_agrees_vouches_and_corrects(desk: Desk) -> None:
    desk.arrive()
    desk.receiver()
    stamp = desk.clock.moment().clock
    assert (stamp.source, stamp.uncertainty_s) == ("gnss", 1.0)
    desk.later()
    assert len(desk.corrections()) == 1
    desk.fix = None
    assert desk.clock.moment().clock.source == "none"


def test_steps_are_events_and_small_changes_are_none(desk: Desk) -> None:
    desk.later()
    desk.machine.wrong_s = 0.9
    desk.later()
    assert desk.steps() == []
    desk.machine.wrong_s = 3600.0
    desk.later()
    desk.later()
    desk.machine.wrong_s = 0.0
    desk.later()
    assert [step.detail.step_s for step in desk.steps()] == [3600.0, -3600.0]
    first = desk.steps()[0].detail
    assert first.after - first.before == timedelta(hours=1)
    assert first.before == START + timedelta(seconds=3)


def test_a_clock_behind_the_ledger_is_nobodys_and_the_screen_says_so(desk: Desk) -> None:
    desk.machine.rtc_there = True
    desk.machine.true_s = 86_400.0
    assert desk.arrive().clock.source == "rtc"
    desk.machine.true_s = 60.0
    desk.start()
    assert desk.arrive().clock.source == "none"
    desk.later()
    assert desk.reader.take() == words("clock")
    desk.later()
    assert desk.reader.take() is None, "not at every look"
    desk.later(60)
    assert desk.reader.take() == words("clock")
    desk.machine.kernel = 0.2
    desk.later(60)
    assert desk.reader.take() == words("starting"), "it is right again, and nobody has to be called"
    desk.later(60)
    assert desk.reader.take() is None
    assert desk.arrive().clock.source == "ntp"


def test_set_back_while_it_runs_the_clock_is_nobodys_too(desk: Desk) -> None:
    desk.machine.rtc_there = True
    assert desk.arrive().clock.source == "rtc"
    desk.later()
    desk.machine.wrong_s = -600.0
    assert desk.arrive().clock.source == "none"
    desk.machine.wrong_s = 0.0
    assert desk.arrive().clock.source == "rtc"


def test_to_look_at_the_clock_changes_nothing(desk: Desk) -> None:
    desk.machine.rtc_there = True
    ahead = desk.clock.moment()
    desk.machine.wrong_s = -600.0
    assert [desk.clock.moment().clock.source for _ in range(3)] == ["rtc"] * 3
    desk.clock.observe(ahead)
    behind = desk.clock.moment()
    assert (behind.clock.source, behind.found.wrong, behind.latest) == ("none", True, ahead.at)


def test_a_clock_that_is_set_while_it_is_read_is_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old time must not go with the kernel's word for the new one."""
    desk.machine.wrong_s = -86_400.0

    def set_right() -> float:
        desk.machine.wrong_s = 0.0
        return 0.02

    monkeypatch.setattr(desk.machine, "kernel_error_s", set_right)
    moment = desk.clock.moment()
    assert (moment.at, moment.clock.source) == (START, "ntp")


def test_nobody_vouches_for_a_clock_that_cannot_be_read_at_one_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> float:
        desk.machine.wrong_s += 1.0
        return 0.02

    monkeypatch.setattr(desk.machine, "kernel_error_s", busy)
    assert desk.clock.moment().clock.source == "none"


def test_a_salvage_by_a_clock_that_fell_back_does_not_lower_the_mark(tmp_path: Path) -> None:
    """Its event is stamped before the ledger can be opened, and is the last entry from then on."""
    machine = SetMachine(rtc_there=True)
    path = tmp_path / "ledger.db"
    with Ledger(path, "lobby", "sangatta-utara") as ledger:
        for number in range(50):
            clock = SystemClock(WITA, mark_of(ledger.last_at), machine)
            last = ledger.append(Draft(record(f"p-{number}").body, clock.moment()))
    with path.open("r+b") as file:
        file.write(b"\xa5" * 100)
    machine.wrong_s = -86_400.0
    salvaged = Ledger(path, "lobby", "sangatta-utara")
    salvaged.open_or_salvage(lambda event, kept: Draft(event, SystemClock(WITA, mark_of(kept), machine).moment()))
    with closing(salvaged):
        assert salvaged.last_at("rtc") == last.at
        assert SystemClock(WITA, mark_of(salvaged.last_at), machine).moment().clock.source == "none"


def test_a_correction_is_no_mark(desk: Desk) -> None:
    desk.arrive()
    desk.machine.kernel = 0.2
    desk.later(100)
    assert len(desk.corrections()) == 1
    assert desk.ledger.last_at("gnss", "ntp") is None
    vouched = desk.arrive()
    assert desk.ledger.last_at("gnss", "ntp") == vouched.at
    assert desk.ledger.last_at("none") == START


def test_a_kernel_that_may_not_be_asked_vouches_for_nothing_and_that_is_told_once(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise PermissionError(1, "allow adjtimex")

    monkeypatch.setattr(desk.machine, "kernel_error_s", refuse)
    assert [desk.clock.moment().clock.source for _ in range(3)] == ["none"] * 3
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "allow adjtimex" in caplog.text


def test_this_machine_tells_its_time() -> None:
    machine = ThisMachine()
    error_s = machine.kernel_error_s()
    assert error_s is None or 0 <= error_s <= 16
    assert abs((machine.wall() - datetime.now(UTC)).total_seconds()) < 1
    assert machine.steady() <= machine.steady()
    assert (rtc := machine.rtc()) is None or rtc > datetime(1970, 1, 1, tzinfo=UTC)
    stamp = SystemClock(WITA, ClockMark()).moment().clock
    assert stamp == ClockStamp.model_validate(stamp.model_dump())
    assert stamp.boot_id == machine.boot_id
