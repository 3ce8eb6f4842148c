"""Moving old, delivered entries into the archive: the rest can still be verified, and a kill loses nothing."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from sync.chain import Link
from sync.contract import ClockStamp, Draft, LedgerSalvaged, Moment
from sync.documents.receipt import Receipt
from sync.errors import ContractError
from sync.export.archive import Archive
from sync.export.reading import inspect
from sync.export.writing import Order, export
from sync.ledger import KEPT, Ledger
from sync.mqtt.inward import check_own
from sync.store.anchor import read_anchor
from sync.store.database import Database
from sync.store.salvage import LATEST
from tests.sync.damages import empty, gone, no_database, torn_header, truncated
from tests.sync.helpers import AT, BOOT, CLOCK, KEY, KIOSK, UNIT, event, fill, record, stamped

COUNT, PAGE, LEFT = 600, 100, 220
LATER = AT + timedelta(days=1)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A ledger of 600 delivered entries. A package takes 100, and the latest 220 stay."""
    monkeypatch.setattr("sync.export.archive.MOST", PAGE)
    monkeypatch.setattr("sync.ledger.KEPT", LEFT)
    KEY.save(tmp_path / "device.key")
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        opened.append(event())
        fill(opened, COUNT)
        opened.mark_receipted([], COUNT)
        yield opened


@pytest.fixture
def archive(ledger: Ledger, tmp_path: Path) -> Archive:
    return Archive(ledger, tmp_path / "archive")


def numbers(ledger: Ledger) -> list[int]:
    return [stored.seq for stored in ledger.stored()]


def test_what_is_old_goes_a_package_at_a_time_and_the_rest_proves_itself(ledger: Ledger, archive: Archive) -> None:
    for done in (1, 2, 3):
        assert archive.step(LATER, AT)
        assert numbers(ledger) == list(range(PAGE * done + 1, COUNT + 1))
    assert not archive.step(LATER, AT), "the latest stay"
    whole, kept = archive.verify(), ledger.verify()
    assert (whole.sound, whole.entries) == (True, COUNT)
    assert (kept.sound, kept.entries) == (True, COUNT - 3 * PAGE)
    assert inspect(archive.folder, KEY.public).sound
    assert read_anchor(ledger.path, KIOSK, KEY.public) == ledger.begins_after() == Link(300, ledger.begins_after().hash)
    ledger.close()
    assert not ledger.open_or_salvage(stamped)
    assert ledger.append(record()).seq == COUNT + 1
    assert archive.verify().sound
    shutil.rmtree(archive.folder)
    assert archive.verify().sound, "the packages may be taken elsewhere"


def test_nothing_goes_that_is_young_or_not_delivered(ledger: Ledger, archive: Archive) -> None:
    assert not archive.step(AT, AT)
    ledger.rewind(50, 50)
    assert not archive.step(LATER, AT)
    ledger.mark_receipted([50])
    assert archive.step(LATER, AT)
    ledger.rewind(1, COUNT)
    assert not archive.step(LATER, AT)
    assert numbers(ledger)[0] == PAGE + 1


def test_an_age_that_nobody_vouches_for_is_no_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.export.archive.MOST", 5)
    monkeypatch.setattr("sync.ledger.KEPT", 0)

    def stamped(source: str, days: int) -> Draft:
        clock = ClockStamp.model_validate(CLOCK.model_dump() | {"source": source})
        return Draft(event().body, Moment(AT + timedelta(days=days), clock))

    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        archive = Archive(ledger, tmp_path / "archive")
        for source in ("none", "rtc", "none", "rtc", "none"):
            ledger.append(stamped(source, -5000))
        ledger.mark_receipted([], 5)
        assert not archive.step(AT, AT)
        ledger.append(stamped("ntp", 1))
        assert not archive.step(AT, AT), "they may be of yesterday"
        assert archive.step(AT + timedelta(days=2), AT)


def test_the_table_lets_only_that_go(ledger: Ledger, archive: Archive) -> None:
    archive.step(LATER, AT)
    ledger.rewind(150, 150)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as raw:
        for statement in ("DELETE FROM entry WHERE seq = 101", "DELETE FROM entry"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)
        raw.execute("UPDATE archived SET through_seq = 200")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute("DELETE FROM entry WHERE seq <= 200")


def test_what_was_told_stays_known(ledger: Ledger, archive: Archive) -> None:
    before = ledger.last_event("started")
    assert before is not None
    archive.step(LATER, AT)
    assert ledger.last_event("started") == before
    assert ledger.last_at("gnss") == AT
    again = ledger.append(event())
    assert ledger.last_event("started") == again


_CHILD = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
import sync.export.archive, sync.ledger
from sync.export.archive import Archive
from tests.sync.helpers import AT, KIOSK, UNIT

folder, module, name, when = Path(sys.argv[1]), sys.modules[sys.argv[2]], sys.argv[3], sys.argv[4]
page, left = int(sys.argv[5]), int(sys.argv[6])
real = getattr(module, name)

def killed(*args):
    if when == "after":
        real(*args)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, name, killed)
sync.export.archive.MOST, sync.ledger.KEPT = page, left
with sync.ledger.Ledger(folder / "ledger.db", KIOSK, UNIT) as ledger:
    Archive(ledger, folder / "archive").step(AT + timedelta(days=1), AT)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("module", "name"),
    [("sync.export.archive", "write_whole"), ("sync.ledger", "write_anchor"), ("sync.ledger", "set_archived")],
)
def test_a_kill_leaves_each_entry_in_both_or_in_the_archive(
    ledger: Ledger, archive: Archive, tmp_path: Path, module: str, name: str, when: str
) -> None:
    archive.step(LATER, AT)
    ledger.close()
    command = [sys.executable, "-c", _CHILD, str(tmp_path), module, name, when, str(PAGE), str(LEFT)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert not ledger.open_or_salvage(stamped)
    report = archive.verify()
    assert (report.findings, report.entries) == ((), COUNT)
    assert archive.step(LATER, AT)
    assert numbers(ledger)[0] == 2 * PAGE + 1
    report = archive.verify()
    assert (report.findings, report.entries) == ((), COUNT)


@pytest.mark.parametrize("damage", [torn_header, truncated, no_database, empty, gone])
def test_a_salvage_knows_what_is_archived(
    ledger: Ledger, archive: Archive, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    archive.step(LATER, AT)
    ledger.close()
    damage(tmp_path / "ledger.db")
    assert ledger.open_or_salvage(stamped)
    assert ledger.begins_after().seq == PAGE
    *kept, last = ledger.entries()
    assert isinstance(last.body, LedgerSalvaged)
    missing = last.body.detail.missing
    assert all(part.first > PAGE for part in missing)
    lost = {seq for part in missing for seq in range(part.first, part.last + 1)}
    assert lost | {entry.seq for entry in kept} == set(range(PAGE + 1, last.seq))
    assert archive.verify().sound
    ledger.close()
    assert not ledger.open_or_salvage(stamped)


def test_a_cut_that_nobody_signed_is_found(ledger: Ledger, archive: Archive) -> None:
    archive.step(LATER, AT)
    anchor = ledger.path.with_suffix(".anchor")
    signed = anchor.read_bytes()
    anchor.write_bytes(signed.replace(b'"seq":100', b'"seq":101'))
    assert [finding.problem for finding in ledger.verify().findings] == ["signature"]
    anchor.unlink()
    assert not ledger.verify().sound
    anchor.write_bytes(signed)
    archive.step(LATER, AT)
    (archive.folder / f"{UNIT}_{KIOSK}_101-200.senfie").unlink()
    assert [finding.problem for finding in archive.verify().findings] == ["gap"]


def test_a_centre_that_was_put_back_is_still_believed(ledger: Ledger, archive: Archive) -> None:
    hashes = {seq: ledger.hash_of(seq) for seq in (50, PAGE)}
    archive.step(LATER, AT)
    for seq, digest in hashes.items():
        check_own(Receipt(kiosk=KIOSK, unit=UNIT, through_seq=seq, through_hash=digest), ledger)
    with pytest.raises(ContractError, match="another entry 100"):
        check_own(Receipt(kiosk=KIOSK, unit=UNIT, through_seq=PAGE, through_hash=hashes[50]), ledger)


def test_everything_is_exported_with_the_archive(ledger: Ledger, archive: Archive, tmp_path: Path) -> None:
    archive.step(LATER, AT)
    archive.step(LATER, AT)
    stick = tmp_path / "stick"
    stick.mkdir()
    order = Order(AT, None, everything=True, archive=archive)
    for fresh in (True, False):
        found = [(done.count, done.fresh) for done in export(ledger, stick, order)]
        assert found == [(PAGE, fresh), (PAGE, fresh), (COUNT - 2 * PAGE, fresh)]
    report = inspect(stick, KEY.public)
    assert (report.sound, report.entries) == (True, COUNT)


def test_a_damaged_entry_does_not_keep_the_others_from_going(ledger: Ledger, archive: Archive) -> None:
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as raw:
        raw.execute("DROP TRIGGER entry_is_final")
        raw.execute("UPDATE entry SET payload = x'7b7d' WHERE seq IN (50, 100)")
    assert archive.step(LATER, AT)
    assert archive.step(LATER, AT)
    report = archive.verify()
    assert {(f.missing.first, f.missing.last) for f in report.findings if f.missing} == {(50, 50), (100, 100)}
    assert len(report.findings) == 2


def test_no_start_reads_more_the_older_a_ledger_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost is counted in steps of SQLite's virtual machine, without the check of the file's structure."""
    monkeypatch.setattr(Database, "check", lambda _self: None)

    def steps(ledger: Ledger, work: Callable[[], object]) -> int:
        count = 0

        def one() -> None:
            nonlocal count
            count += 1

        ledger._database.connection.set_progress_handler(one, 10)
        work()
        ledger._database.connection.set_progress_handler(None, 0)
        return count

    KEY.save(tmp_path / "device.key")
    seen: list[list[int]] = []
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        for count in (LATEST + 500, LATEST + 2500):
            fill(ledger, count)
            ledger.mark_receipted([], count)
            looks: tuple[Callable[[], object], ...] = (
                ledger._open,
                lambda: ledger.last_event("stage_entered"),
                lambda: ledger.last_at("ntp"),
                lambda: ledger.last_at("gnss", "none"),
                lambda: ledger.untimed(BOOT.replace("0", "1"), 0, 500),
                lambda: ledger.untimed(BOOT, 0, 500),
                lambda: ledger.archivable(AT, 100),
                ledger.begins_after,
            )
            seen.append([steps(ledger, look) for look in looks])
    young, old = seen
    assert all(later <= 1.2 * before + 10 for before, later in zip(young, old, strict=True)), (young, old)


def test_more_stays_than_anybody_looks_back() -> None:
    assert KEPT >= 2 * 2000
