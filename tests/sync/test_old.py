"""Ledgers of older versions: one for every schema, each with the same four entries."""

import shutil
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from sync.chain import Link
from sync.contract import RecordEntry
from sync.ledger import Ledger
from tests.sync.helpers import AT, KIOSK, UNIT, record

OLD = Path(__file__).with_name("old")
DAY = date(2026, 1, 5)
"""The date of all four entries in their own zone; in UTC it is still the day before."""


@pytest.fixture(params=["001", "002", "003"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for suffix in ("db", "head"):
        shutil.copy(OLD / f"ledger-{request.param}.{suffix}", tmp_path / f"ledger.{suffix}")
    return tmp_path / "ledger.db"


def payloads(path: Path) -> list[bytes]:
    raw = sqlite3.connect(path)
    found = [payload for (payload,) in raw.execute("SELECT payload FROM entry ORDER BY seq")]
    raw.close()
    return found


def test_every_entry_is_kept_byte_for_byte_and_verifies(old: Path) -> None:
    before = payloads(old)
    with Ledger(old, KIOSK, UNIT) as ledger:
        assert [stored.payload for stored in ledger.stored()] == before
        assert ledger.verify().sound
        assert all(entry.body.duty is None for entry in ledger.entries() if isinstance(entry, RecordEntry))


def test_what_was_recorded_before_there_were_shifts_is_recorded_on_its_own_date(old: Path) -> None:
    with Ledger(old, KIOSK, UNIT) as ledger:
        found = ledger.records_of("p-1", DAY)
        assert [(entry.body.session, entry.day, entry.at) for entry in found] == [("in", DAY, AT), ("out", DAY, AT)]
        assert ledger.records_of("p-1", date(2026, 1, 4)) == []
        new = ledger.append(record("p-2", session="out"))
        assert [entry.seq for entry in ledger.records_of("p-2", DAY)] == [3, new.seq]
        assert ledger.verify().sound


def test_what_is_looked_for_is_found_in_entries_of_before_it_was_indexed(old: Path) -> None:
    with Ledger(old, KIOSK, UNIT) as ledger:
        events = [entry for entry in ledger.entries() if entry.kind == "event"]
        for entry in events:
            assert ledger.last_event(entry.body.type) is not None
        assert ledger.last_at("gnss") == max(entry.at for entry in ledger.entries())
        assert ledger.begins_after() == Link()


def test_what_was_delivered_stays_delivered(tmp_path: Path) -> None:
    for suffix in ("db", "head"):
        shutil.copy(OLD / f"ledger-002.{suffix}", tmp_path / f"ledger.{suffix}")
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        assert [stored.seq for stored in ledger.waiting(9)] == [2, 3, 4]
