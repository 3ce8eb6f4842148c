"""The ledger on a real disk: order, durability, threads, a full disk."""

import sqlite3
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.chain import GENESIS
from sync.contract import Draft, Duty, Moment
from sync.errors import StoreBusy, StoreError, StoreFull, StoreTooNew
from sync.ledger import Ledger
from tests.sync.helpers import AT, CLOCK, KIOSK, UNIT, event, record, stamped
from tests.waiting import LIMIT_S


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        yield opened


def test_entries_are_numbered_chained_and_kept(tmp_path: Path, ledger: Ledger) -> None:
    made = [ledger.append(record()), ledger.append(event()), ledger.append(record("p-2"))]
    assert [entry.seq for entry in made] == [1, 2, 3]
    assert [entry.prev for entry in made] == [GENESIS, made[0].hash, made[1].hash]
    ledger.close()
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as again:
        assert list(again.entries()) == made
        assert list(again.entries(from_seq=3)) == made[2:]
        report = again.verify()
    assert report.sound
    assert report.entries == 3


def test_marks_move_entries_out_of_the_unsent(ledger: Ledger) -> None:
    for _ in range(5):
        ledger.append(record())
    assert [stored.seq for stored in ledger.waiting(2)] == [1, 2]
    assert [stored.seq for stored in ledger.waiting(9, after=3)] == [4, 5]
    ledger.mark_receipted([1, 3])
    assert [stored.seq for stored in ledger.waiting(9)] == [2, 4, 5]
    assert (ledger.counts().last_seq, ledger.counts().unsent) == (5, 3)


def of_day(day: date) -> Duty:
    return Duty.model_validate({"day": day, "schedule": "shift", "shift": "night", "class": None, "minutes": 0})


def test_records_are_found_by_person_and_the_day_they_belong_to(ledger: Ledger) -> None:
    today = AT.date()
    yesterday = today - timedelta(days=1)
    evening = ledger.append(record(at=AT - timedelta(hours=11), duty=of_day(yesterday)))
    morning = ledger.append(record(session="out", at=AT, duty=of_day(yesterday)))
    old = ledger.append(record(at=AT + timedelta(minutes=1)))  # of before there were shifts: its own date
    ledger.append(record("p-2", at=AT))
    ledger.append(event())
    assert ledger.records_of("p-1", yesterday) == [evening, morning]
    assert ledger.records_of("p-1", today) == [old]
    assert ledger.records_of("p-1", yesterday, today) == [evening, morning, old]
    assert ledger.records_of("p-1", today + timedelta(days=1)) == []
    assert ledger.records_of("p-3", today) == []


def test_a_record_that_was_voided_does_not_stand_nor_the_one_that_voids_it(ledger: Ledger) -> None:
    duty = of_day(AT.date())
    first = ledger.append(record(duty=duty))
    other = ledger.append(record("p-2", duty=duty))
    ledger.append(record(duty=duty, voids=first.id, at=AT + timedelta(seconds=5)))
    assert ledger.records_of("p-1", AT.date()) == []
    again = ledger.append(record(duty=duty, at=AT + timedelta(minutes=1)))
    assert ledger.records_of("p-1", AT.date()) == [again]
    assert ledger.records_of("p-2", AT.date()) == [other]


def test_the_last_event_of_a_type_is_found(ledger: Ledger) -> None:
    assert ledger.last_event("started") is None
    ledger.append(event())
    last = ledger.append(event())
    ledger.append(record())
    assert ledger.last_event("started") == last
    assert ledger.last_event("stopped") is None


def test_the_last_time_by_its_source_leaves_corrections_out(ledger: Ledger) -> None:
    def stamped(minutes: int, **clock: object) -> Draft:
        moment = Moment(AT + timedelta(minutes=minutes), CLOCK.model_copy(update=clock))
        return Draft(event().body, moment)

    assert ledger.last_at("gnss", "ntp", "rtc", "none") is None
    first = ledger.append(stamped(9))
    ledger.append(stamped(1, corrects=first.id))
    ledger.append(stamped(7, source="ntp"))
    ledger.append(stamped(2, source="rtc"))
    ledger.append(stamped(-99, source="none"))
    assert ledger.last_at("gnss") == AT + timedelta(minutes=9)
    assert ledger.last_at("gnss", "ntp") == AT + timedelta(minutes=7)
    assert ledger.last_at("gnss", "ntp", "rtc") == AT + timedelta(minutes=2)


def test_nothing_can_be_deleted_or_rewritten(tmp_path: Path, ledger: Ledger) -> None:
    ledger.append(record())
    raw = sqlite3.connect(tmp_path / "ledger.db")
    for statement in ("DELETE FROM entry", "UPDATE entry SET payload = x'00'", "UPDATE entry SET day = NULL"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
    raw.close()
    assert ledger.verify().sound


def test_threads_and_ledgers_take_turns(tmp_path: Path, ledger: Ledger) -> None:
    """Two threads share a ledger object, and a third has its own, as another process would."""
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as other:
        start = threading.Barrier(3)

        def work(of: Ledger) -> None:
            start.wait(LIMIT_S)
            for _ in range(50):
                of.append(record())

        threads = [threading.Thread(target=work, args=(of,)) for of in (ledger, ledger, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert [stored.seq for stored in ledger.stored()] == list(range(1, 151))
    assert ledger.verify().sound


def test_a_watcher_is_called_after_the_commit(ledger: Ledger) -> None:
    seen: list[int] = []
    with ledger.watching(lambda: seen.append(ledger.counts().last_seq)):
        ledger.append(record())
        ledger.append(record())
    ledger.append(record())
    assert seen == [1, 2]


def test_a_full_database_refuses_and_recovers(ledger: Ledger) -> None:
    ledger.append(record())
    connection = ledger._database.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    recorded = 1
    with pytest.raises(StoreFull, match="full"):
        for _ in range(100):
            ledger.append(record())
            recorded += 1
    assert ledger.counts().last_seq == recorded
    connection.execute("PRAGMA max_page_count = 1000000")
    assert ledger.append(record()).seq == recorded + 1
    assert ledger.verify().sound


def test_a_full_disk_refuses_and_recovers(small_disk: Path) -> None:
    with Ledger(small_disk / "ledger.db", KIOSK, UNIT) as ledger:
        ledger.append(record())
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        recorded = 1
        with pytest.raises(StoreFull, match="full"):
            for _ in range(500):
                ledger.append(record())
                recorded += 1
        assert ledger.counts().last_seq == recorded
        ballast.unlink()
        assert ledger.append(record()).seq == recorded + 1
        assert ledger.verify().sound
    with Ledger(small_disk / "ledger.db", KIOSK, UNIT) as again:
        assert again.counts().last_seq == recorded + 1


def test_a_ledger_of_another_kiosk_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    ledger.append(record())
    with pytest.raises(StoreError, match="belongs to kiosk lobby"):
        Ledger(tmp_path / "ledger.db", "gate", UNIT).open()


def test_a_newer_ledger_is_refused_untouched(tmp_path: Path, ledger: Ledger) -> None:
    ledger.append(record())
    ledger.close()
    raw = sqlite3.connect(tmp_path / "ledger.db")
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    for open_it in (ledger.open, lambda: ledger.open_or_salvage(stamped)):
        with pytest.raises(StoreTooNew, match="schema 99"):
            open_it()
    assert not list(tmp_path.glob("*damaged*"))


@pytest.mark.usefixtures("ledger")
def test_a_second_daemon_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.ledger._ALONE_S", 0.1)
    with pytest.raises(StoreBusy, match="another process"):
        Ledger(tmp_path / "ledger.db", KIOSK, UNIT).open_or_salvage(stamped)


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/ledger"):
        Ledger(tmp_path / "nowhere" / "ledger.db", KIOSK, UNIT).open()
