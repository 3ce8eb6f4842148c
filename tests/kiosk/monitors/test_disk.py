"""The disk monitor on a real, small disk: it tells of low space once, and drops evidence first."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.attendance.evidence import EvidenceVault
from kiosk.clock.clock import SystemClock
from kiosk.clock.event_log import EventLog
from kiosk.clock.provenance import ClockMark
from kiosk.monitors.disk import Archivist, DiskMonitor
from kiosk.screen import Screen
from kiosk.storage.disk import DiskSpace
from sync.contract import Draft, EventEntry, EvidenceDropped, Started, StartedDetail, StorageLow
from sync.errors import StoreDamaged, StoreFull
from sync.export.archive import Archive
from sync.ledger import Ledger
from sync.parcels import Parcels
from tests.kiosk.machines import SetMachine
from tests.kiosk.reading import words
from tests.sync.helpers import KIOSK, UNIT

KB = 1000
CAP = 300 * KB
KEEP = timedelta(days=40)


class Desk:
    """A kiosk's stores on a disk of three megabytes, low below 800 KB and stopped below 100."""

    def __init__(self, folder: Path, low_bytes: int = 800 * KB) -> None:
        self.folder = folder
        self.ledger = Ledger(folder / "ledger.db", KIOSK, UNIT)
        self.parcels = Parcels(folder / "parcels.db")
        self.room = DiskSpace(folder, low_bytes, 100 * KB)
        self.machine = SetMachine(kernel=0.01)
        self.clock = SystemClock(ZoneInfo("Asia/Makassar"), ClockMark(), self.machine)
        self.screen = Screen()
        self.evidence_keeper = EvidenceVault(
            self.parcels, self.ledger, self.room, wanted=lambda: True, seal_to=None, purpose="test"
        )
        event_log = EventLog(self.ledger, self.clock, self.screen)
        self.archive = Archive(self.ledger, folder / "archive")
        archivist = Archivist(self.archive, KEEP)
        self.keeper = DiskMonitor(
            self.room, self.parcels, self.evidence_keeper, CAP, self.clock, event_log, self.screen, archivist
        )

    def later(self, seconds: float = 1.0) -> None:
        self.machine.true_s += seconds
        self.keeper.tick()

    def evidence(self, count: int) -> list[str]:
        """Stores bound evidence of 20 KB each."""
        digests = []
        for _ in range(count):
            digests.append(self.parcels.keep_evidence("p-1", os.urandom(20 * KB), self.clock.moment().at))
            self.parcels.bind(digests[-1], f"r-{len(digests)}")
        return digests

    def ballast(self, leave_bytes: int) -> None:
        """Fills the disk until so many bytes are free; a later call with more bytes frees some again."""
        path = self.folder / "ballast"
        path.unlink(missing_ok=True)
        with path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, self.room.free_bytes() - leave_bytes)

    def events(self) -> list[StorageLow | EvidenceDropped]:
        bodies = [entry.body for entry in self.ledger.entries() if isinstance(entry, EventEntry)]
        return [body for body in bodies if isinstance(body, StorageLow | EvidenceDropped)]


@pytest.fixture
def desk(small_disk: Path) -> Iterator[Desk]:
    desk = Desk(small_disk)
    with desk.ledger, desk.parcels:
        yield desk


def test_little_room_is_told_once_and_again_after_it_was_well(desk: Desk) -> None:
    desk.later()
    assert (desk.events(), desk.screen.state.banner.title) == ([], words("starting"))
    desk.ballast(700 * KB)
    for _ in range(50):
        desk.later(60)
    (low,) = desk.events()
    assert isinstance(low, StorageLow)
    assert low.detail.least_bytes == 800 * KB
    assert 0 < low.detail.free_bytes <= 700 * KB
    assert desk.screen.state.banner.title == words("storage_low")
    desk.ballast(850 * KB)
    desk.later()
    desk.ballast(700 * KB)
    desk.later()
    assert len(desk.events()) == 1, "room that hovers about the limit is not well"
    desk.ballast(1200 * KB)
    desk.later()
    desk.ballast(700 * KB)
    desk.later()
    assert len(desk.events()) == 2


def test_below_the_stop_nothing_more_is_begun(desk: Desk) -> None:
    desk.ballast(150 * KB)
    desk.room.check()
    desk.ballast(90 * KB)
    with pytest.raises(StoreFull, match=r"only 0\.1 MB are free on the disk that holds .* 0\.1 are needed: make room"):
        desk.room.check()


def test_evidence_beyond_its_cap_goes_and_one_event_tells_of_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, low_bytes=0)
    with desk.ledger, desk.parcels:
        check_cap(desk)


def check_cap(desk: Desk) -> None:
    digests = desk.evidence(20)
    desk.parcels.acknowledge(digests[10:12], desk.clock.moment().at)
    desk.later()
    assert desk.parcels.outstanding(99) == [*digests[3:10], *digests[12:]], "the acknowledged ones went first"
    (told,) = desk.events()
    assert isinstance(told, EvidenceDropped)
    assert (told.detail.count, told.detail.bytes, told.detail.unacknowledged) == (5, 100 * KB, 3)
    for _ in range(9):
        desk.evidence(1)
        desk.later(60)
    assert len(desk.events()) == 1, "not an event for each"
    desk.later(120)
    assert [event.detail.count for event in desk.events() if isinstance(event, EvidenceDropped)] == [5, 9]


def test_on_a_disk_that_is_nearly_full_evidence_gives_way(desk: Desk) -> None:
    digests = desk.evidence(12)
    desk.later()
    desk.parcels.give_back_room()
    desk.ballast(700 * KB)
    desk.later()
    left = desk.parcels.outstanding(99)
    assert left == digests[-len(left) :]
    assert 4 <= len(left) <= 7, "so much went as was missing"
    assert desk.room.free_bytes() >= 780 * KB
    desk.ballast(200 * KB)
    desk.later(60)
    assert desk.parcels.outstanding(99) == []


def test_a_clock_that_is_set_right_while_evidence_is_tidied_erases_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a year ahead when the look began: whoever vouches now does not vouch for that."""
    digests = desk.evidence(2)
    desk.machine.kernel = None
    desk.machine.wrong_s = timedelta(days=400).total_seconds()

    looks = []

    def set_right() -> None:
        looks.append(True)
        desk.machine.wrong_s, desk.machine.kernel = 0.0, 0.01

    monkeypatch.setattr(desk.evidence_keeper, "reconcile", set_right)
    desk.later(60)
    assert len(looks) == 1
    assert desk.parcels.outstanding(9) == digests


def test_the_time_of_evidence_ends_only_by_a_clock_that_is_believed(desk: Desk) -> None:
    desk.evidence(2)
    desk.later(timedelta(days=36).total_seconds())
    assert len(desk.parcels.outstanding(9)) == 0
    assert [event.detail.count for event in desk.events() if isinstance(event, EvidenceDropped)] == [2]
    desk.evidence(2)
    desk.machine.kernel = None
    desk.machine.wrong_s = timedelta(days=400).total_seconds()
    desk.later(60)
    assert len(desk.parcels.outstanding(9)) == 2


def test_old_entries_go_only_by_a_clock_that_is_vouched_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.export.archive.MOST", 3)
    monkeypatch.setattr("sync.ledger.KEPT", 1)
    desk = Desk(tmp_path, low_bytes=0)
    with desk.ledger, desk.parcels:
        for _ in range(10):
            desk.ledger.append(Draft(Started(detail=StartedDetail(version="1")), desk.clock.moment()))
        desk.ledger.mark_receipted([], 10)
        desk.later()
        desk.machine.kernel, desk.machine.rtc_there = None, True
        desk.later(KEEP.total_seconds() + 60)
        assert desk.clock.moment().clock.source == "rtc"
        assert desk.ledger.begins_after().seq == 0
        desk.machine.kernel = 0.01
        for through in (3, 6, 9, 9):
            desk.later(60)
            assert desk.ledger.begins_after().seq == through, "a little at a time"
        desk.machine.kernel = None


def test_a_damaged_ledger_grows_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, low_bytes=0)

    def damaged(_before: datetime, _at: datetime) -> bool:
        raise StoreDamaged("it is damaged")

    with desk.ledger, desk.parcels:
        monkeypatch.setattr(desk.archive, "step", damaged)
        desk.later()
        desk.later(60)
    assert [line for line in caplog.text.splitlines() if "old entries stay" in line] != []
    assert caplog.text.count("old entries stay") == 1
