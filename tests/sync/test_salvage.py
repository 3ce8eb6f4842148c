"""Damaged ledgers: nothing that can be proven is lost, no number is used twice, nothing is deleted."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from sync.contract import Draft, Entry, EventEntry, LedgerSalvaged, LedgerSalvagedDetail
from sync.errors import StoreDamaged
from sync.ledger import Ledger
from sync.store.head import BLOCK
from sync.store.salvage import LastAt
from tests.sync.damages import (
    empty,
    flipped_unsent_byte,
    gone,
    no_database,
    torn_header,
    torn_pages,
    truncated,
)
from tests.sync.helpers import AT, KIOSK, UNIT, event, record, stamped

COUNT = 200


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed ledger of 200 entries, of which the first 100 are delivered."""
    path = tmp_path / "ledger.db"
    with Ledger(path, KIOSK, UNIT) as ledger:
        for number in range(COUNT):
            ledger.append(record(f"p-{number}"))
        ledger.mark_receipted(range(1, 101))
    return path


DAMAGES = [no_database, empty, truncated, torn_header, torn_pages, flipped_unsent_byte, gone]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_can_be_proven_goes_on(path: Path, damage: Callable[[Path], None]) -> None:
    with Ledger(path, KIOSK, UNIT) as before:
        old = {entry.seq: entry for entry in before.entries()}
    damage(path)
    ruin = path.read_bytes() if path.exists() else None
    with pytest.raises(StoreDamaged, match="it is salvaged when the kiosk starts"):
        Ledger(path, KIOSK, UNIT).open()
    ledger = Ledger(path, KIOSK, UNIT)
    assert ledger.open_or_salvage(stamped)
    new = list(ledger.entries())
    told = check_salvaged(new, old)
    # The damaged file lies beside the new one under its new name, as it was.
    aside = list(path.parent.glob("ledger.damaged-*.db"))
    if ruin is None:
        assert (told.moved_to, aside) == (None, [])
    else:
        assert [found.name for found in aside] == [told.moved_to]
        assert aside[0].read_bytes() == ruin
    assert ledger.append(record()).seq == new[-1].seq + 1
    report = ledger.verify()
    assert report.sound
    assert report.lost == told.missing
    ledger.close()
    assert not ledger.open_or_salvage(stamped)
    ledger.close()


def check_salvaged(new: list[Entry], old: dict[int, Entry]) -> LedgerSalvagedDetail:
    *kept, last = new
    assert all(entry == old[entry.seq] for entry in kept)
    assert isinstance(last, EventEntry)
    assert isinstance(last.body, LedgerSalvaged)
    told = last.body.detail
    assert told.kept == len(kept)
    missing = {seq for part in told.missing for seq in range(part.first, part.last + 1)}
    assert missing | {entry.seq for entry in kept} == set(range(1, last.seq))
    assert not missing & {entry.seq for entry in kept}
    assert COUNT < last.seq <= COUNT + BLOCK + 1
    return told


@pytest.mark.parametrize(("damage", "least"), [(torn_header, COUNT), (torn_pages, COUNT - 20), (truncated, 80)])
def test_most_is_kept(path: Path, damage: Callable[[Path], None], least: int) -> None:
    damage(path)
    ledger = Ledger(path, KIOSK, UNIT)
    assert ledger.open_or_salvage(stamped)
    *kept, _event = ledger.entries()
    ledger.close()
    assert len(kept) >= least


def test_the_event_of_a_salvage_is_stamped_by_the_entries_that_were_kept(path: Path) -> None:
    flipped_unsent_byte(path)
    known = list[datetime | None]()

    def stamp(body: LedgerSalvaged, last_at: LastAt) -> Draft:
        known.extend([last_at("gnss"), last_at("rtc")])
        return event(body)

    ledger = Ledger(path, KIOSK, UNIT)
    assert ledger.open_or_salvage(stamp)
    ledger.close()
    assert known == [AT, None]


def test_what_the_broker_has_stays_marked(path: Path) -> None:
    flipped_unsent_byte(path)
    ledger = Ledger(path, KIOSK, UNIT)
    assert ledger.open_or_salvage(stamped)
    unsent = {stored.seq for stored in ledger.waiting(1000)}
    end = ledger.counts().last_seq
    ledger.close()
    assert unsent == {*range(101, COUNT + 1), end} - {151}


def test_a_damaged_wal_loses_only_what_is_damaged(tmp_path: Path) -> None:
    """The power fails with entries in the WAL, and a byte in it is damaged: SQLite would drop all entries after it."""
    path, copy = tmp_path / "ledger.db", tmp_path / "after"
    copy.mkdir()
    with Ledger(path, KIOSK, UNIT) as ledger:
        for number in range(30):
            ledger.append(record(f"p-{number}"))
        for file in (*tmp_path.glob("ledger.*"), tmp_path / "device.key"):
            shutil.copy(file, copy)
    wal = copy / "ledger.db-wal"
    raw = wal.read_bytes()
    at = raw.index(b'"person":"p-20"')
    wal.write_bytes(raw[:at] + b"?" + raw[at + 1 :])
    salvaged = Ledger(copy / "ledger.db", KIOSK, UNIT)
    assert salvaged.open_or_salvage(stamped)
    *kept, _event = salvaged.entries()
    salvaged.close()
    assert {*range(1, 31)} - {entry.seq for entry in kept} <= {21}


@pytest.mark.parametrize("moved", [[], ["-wal"], ["-wal", ""]])
def test_a_power_cut_between_the_last_steps_is_made_good(
    path: Path, moved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torn_pages(path)
    with monkeypatch.context() as cut:
        cut.setattr("sync.store.salvage.finish", lambda _path: None)
        with pytest.raises(StoreDamaged):
            Ledger(path, KIOSK, UNIT).open_or_salvage(stamped)
    (complete,) = path.parent.glob("ledger.salvaged-*.db")
    aside = complete.with_name(complete.name.replace("salvaged", "damaged"))
    Path(f"{path}-wal").write_bytes(b"the old one's")
    for side in moved:
        Path(f"{path}{side}").rename(f"{aside}{side}")
    with pytest.raises(StoreDamaged, match="gone"):
        Ledger(path, KIOSK, UNIT).open()
    ledger = Ledger(path, KIOSK, UNIT)
    assert not ledger.open_or_salvage(stamped)
    last = list(ledger.entries())[-1]
    ledger.close()
    assert isinstance(last.body, LedgerSalvaged)
    assert aside.exists()
    assert Path(f"{aside}-wal").read_bytes() == b"the old one's"
