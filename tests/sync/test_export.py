"""Packages: any damage is found, an interrupted export is resumed, and receipts come back."""

import json
import random
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.documents.envelope import sign
from sync.documents.receipt import Receipt, Rejection
from sync.documents.sealing import Opener
from sync.errors import ContractError, ExportError, PackageError, SignatureRefused
from sync.export.package import Package
from sync.export.reading import Inspection, inspect, receipt_file, receipts_for, take_receipts, write_receipts
from sync.export.writing import Finished, Order, export
from sync.ledger import Ledger
from sync.signing import SigningKey
from tests.sync.helpers import AT, KEY, KIOSK, UNIT, fill, record, stamped

AGENCY, RECEIVER = Opener.make(), SigningKey.make()
SEALED, OPEN = Order(AT, AGENCY.public), Order(AT, None)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger of 2500 entries, none of them delivered."""
    KEY.save(tmp_path / "device.key")
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        fill(opened, 2500)
        yield opened


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def written(ledger: Ledger, stick: Path, order: Order = SEALED) -> list[tuple[str, bool]]:
    """Export, and return the range of each package and whether it was written now."""
    return [(numbers(finished), finished.fresh) for finished in export(ledger, stick, order)]


def numbers(finished: Finished) -> str:
    return finished.path.stem.rpartition("_")[2]


def named(report: Inspection) -> set[tuple[str, str]]:
    """Return each flaw as the range of its package, or of the missing entries, and its problem."""
    return {
        (
            (flaw.package or flaw.text).removesuffix(".senfie").rpartition("_" if flaw.package else "entries ")[2],
            flaw.problem,
        )
        for flaw in report.flaws
    }


def test_what_is_sealed_is_checked_from_outside_and_opened_by_the_agency_alone(ledger: Ledger, stick: Path) -> None:
    assert written(ledger, stick) == [("1-1000", True), ("1001-2000", True), ("2001-2500", True)]
    assert inspect(stick, KEY.public) == Inspection(3, 2500, 3, ())
    assert not any(b'"person"' in file.read_bytes() for file in stick.iterdir())
    packages = [Package.of(file.read_bytes()) for file in sorted(stick.iterdir())]
    entries = [entry for package in packages for entry in package.entries(AGENCY)]
    assert entries == [stored.payload for stored in ledger.stored()]
    with pytest.raises(PackageError, match="sealed to this key"):
        packages[0].entries(Opener.make())
    with pytest.raises(PackageError, match="opening key is needed"):
        packages[0].entries(None)


def test_what_is_open_is_checked_entry_by_entry(ledger: Ledger, stick: Path) -> None:
    written(ledger, stick, OPEN)
    assert inspect(stick, KEY.public) == Inspection(3, 2500, 0, ())
    package = Package.of((stick / f"{UNIT}_{KIOSK}_1-1000.senfie").read_bytes())
    entries = package.entries(None)
    entries[500] = entries[500].replace(b'"p-0"', b'"p-1"')
    with pytest.raises(PackageError, match="entry 501 says hash"):
        package.check_entries(entries, KEY.public)


def test_only_what_is_not_delivered_is_exported_unless_all_is_asked_for(ledger: Ledger, stick: Path) -> None:
    ledger.mark_receipted([1800], through_seq=1500)
    assert written(ledger, stick) == [("1501-2500", True)]
    assert inspect(stick, KEY.public).sound
    everything = Order(AT, AGENCY.public, everything=True)
    assert written(ledger, stick, everything) == [("1-1000", True), ("1001-1500", True), ("1501-2500", False)]
    assert inspect(stick, KEY.public) == Inspection(3, 2500, 3, ())
    ledger.mark_receipted([], through_seq=2500)
    assert written(ledger, stick) == []


def test_a_later_export_adds_what_is_new(ledger: Ledger, stick: Path) -> None:
    written(ledger, stick)
    ledger.append(record())
    *before, last = written(ledger, stick)
    assert (last, any(fresh for _numbers, fresh in before)) == (("2501-2501", True), False)
    assert inspect(stick, KEY.public) == Inspection(4, 2501, 4, ())


def test_numbers_that_a_salvage_lost_are_not_missing(tmp_path: Path, stick: Path) -> None:
    KEY.save(tmp_path / "device.key")
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        fill(ledger, 1000)
    for file in tmp_path.glob("ledger.db*"):
        file.rename(stick / f"{file.name}.gone")
    again = Ledger(tmp_path / "ledger.db", KIOSK, UNIT)
    assert again.open_or_salvage(stamped)
    with again as ledger:
        ledger.append(record())
        written(ledger, stick, OPEN)
    assert inspect(stick, KEY.public).sound


def cut(raw: bytes) -> bytes:
    return raw[:-1]


def cut_within_the_header(raw: bytes) -> bytes:
    return raw[:100]


def flip(raw: bytes) -> bytes:
    at = len(raw) - 1000
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def claim_more(raw: bytes) -> bytes:
    return raw.replace(b'"last":2000', b'"last":2001')


@pytest.mark.parametrize("order", [SEALED, OPEN], ids=["sealed", "open"])
@pytest.mark.parametrize(
    ("spoil", "problem"),
    [(cut, "truncated"), (cut_within_the_header, "unreadable"), (flip, "digest"), (claim_more, "signature")],
)
def test_a_spoilt_package_is_named_and_written_again(
    ledger: Ledger, stick: Path, order: Order, spoil: Callable[[bytes], bytes], problem: str
) -> None:
    written(ledger, stick, order)
    file = stick / f"{UNIT}_{KIOSK}_1001-2000.senfie"
    file.write_bytes(spoil(file.read_bytes()))
    assert named(inspect(stick, KEY.public)) == {("1001-2000", problem), ("1001 to 2000", "missing")}
    assert written(ledger, stick, order) == [("1-1000", False), ("1001-2000", True), ("2001-2500", False)]
    assert inspect(stick, KEY.public).sound


@pytest.mark.parametrize(
    ("gone", "lacks"), [("1-1000", "1 to 1000"), ("1001-2000", "1001 to 2000"), ("2001-2500", "2001 to 2500")]
)
def test_a_package_that_is_not_there_is_named(ledger: Ledger, stick: Path, gone: str, lacks: str) -> None:
    written(ledger, stick)
    (stick / f"{UNIT}_{KIOSK}_{gone}.senfie").unlink()
    assert named(inspect(stick, KEY.public)) == {(lacks, "missing")}


def test_a_package_of_another_kiosk_is_named(tmp_path: Path, ledger: Ledger, stick: Path) -> None:
    written(ledger, stick)
    (tmp_path / "gate").mkdir()
    with Ledger(tmp_path / "gate" / "ledger.db", "gate", UNIT) as other:
        other.append(record())
        written(other, stick)
    (flaw,) = inspect(stick, KEY.public).flaws
    assert (flaw.package, flaw.problem) == (f"{UNIT}_gate_1-1.senfie", "signature")
    assert "kiosk gate" in flaw.text
    assert all(not fresh for _numbers, fresh in written(ledger, stick)), "another's packages change nothing"


def test_an_export_that_is_killed_goes_on_where_it_stopped(ledger: Ledger, stick: Path) -> None:
    module = ["-m", "tests.sync.export_child"]
    command = [sys.executable, *module, str(ledger.path), str(stick), AGENCY.public.text]
    kept: dict[str, int] = {}
    draw = random.Random(7)
    for _kill in range(6):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout
            told = child.stdout.readline().strip()  # one is finished; the kill falls somewhere into the next
            time.sleep(draw.uniform(0, 0.02))
            child.kill()
        assert (stick / told).exists(), "what was told is there"
        for file in stick.glob("*.senfie"):
            Package.of(file.read_bytes()).check(KEY.public)
            assert kept.setdefault(file.name, file.stat().st_mtime_ns) == file.stat().st_mtime_ns, "written twice"
        newest = max(stick.glob("*.senfie"), key=lambda file: file.stat().st_mtime_ns)
        (stick / f"{newest.name}.part").write_bytes(newest.read_bytes()[:2000])  # as a kill within a write leaves it
        if len(kept) == 3:
            kept.pop(newest.name)
            newest.unlink()
    written(ledger, stick)
    assert inspect(stick, KEY.public) == Inspection(3, 2500, 3, ())
    assert not list(stick.glob("*.part"))


def test_a_full_stick_is_said_and_another_try_goes_on(ledger: Ledger, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 300_000))
    with pytest.raises(ExportError, match="full"):
        written(ledger, small_disk)
    assert not list(small_disk.glob("*.part"))
    assert {flaw.problem for flaw in inspect(small_disk, KEY.public).flaws} == {"missing"}
    ballast.unlink()
    assert written(ledger, small_disk)[0] == ("1-1000", False)
    assert inspect(small_disk, KEY.public) == Inspection(3, 2500, 3, ())


def test_a_stick_that_takes_no_writing_is_said(ledger: Ledger, small_disk: Path) -> None:
    next(export(ledger, small_disk, SEALED))
    (small_disk / f"{UNIT}_{KIOSK}_1001-2000.senfie.part").touch()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(ExportError, match="Read-only"):
        written(ledger, small_disk)


def test_receipts_make_entries_delivered(ledger: Ledger, stick: Path) -> None:
    write_receipts(stick, receipts_for(UNIT, KIOSK, 200, None, range(300, 2500)), RECEIVER)
    assert take_receipts(ledger, stick, RECEIVER.public) == 200 + 2200
    assert take_receipts(ledger, stick, RECEIVER.public) == 0
    assert [stored.seq for stored in ledger.waiting(5000)] == [*range(201, 300), 2500]


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([sign(Receipt(kiosk=KIOSK, unit=UNIT, through_seq=9), SigningKey.make())], SignatureRefused),
        ([sign(Receipt(kiosk=KIOSK, unit=UNIT, through_seq=9), None)], SignatureRefused),
        ([sign(Receipt(kiosk="gate", unit=UNIT, through_seq=9), RECEIVER)], ContractError),
        ([sign(Receipt(kiosk=KIOSK, unit=UNIT, through_seq=9999), RECEIVER)], ContractError),
        ([sign(Rejection(kiosk=KIOSK, unit=UNIT, seq=9, reason="no"), RECEIVER)], ContractError),
        ([sign(Receipt(kiosk=KIOSK, unit=UNIT, through_seq=9), RECEIVER), b"{"], ContractError),
    ],
    ids=["another key", "unsigned", "another kiosk", "beyond the end", "no receipt", "torn"],
)
def test_what_is_no_receipt_for_this_kiosk_changes_nothing(
    ledger: Ledger, stick: Path, lines: list[bytes], error: type[Exception]
) -> None:
    receipt_file(stick, UNIT, KIOSK).write_bytes(b"\n".join(lines))
    with pytest.raises(error):
        take_receipts(ledger, stick, RECEIVER.public)
    assert ledger.counts().waiting == 2500


def test_a_header_says_nothing_of_people(ledger: Ledger, stick: Path) -> None:
    written(ledger, stick)
    line = (stick / f"{UNIT}_{KIOSK}_2001-2500.senfie").read_bytes().partition(b"\n")[0]
    header = json.loads(line)
    assert header["export"] == {"first": 1, "last": 2500}
    assert (header["first"], header["last"], header["count"], header["at"]) == (
        2001,
        2500,
        500,
        AT.isoformat("T", "milliseconds"),
    )
    assert set(header) == {
        *("v", "kind", "unit", "kiosk", "first", "last", "count", "prev", "hash", "size"),
        *("sha256", "sealed_to", "export", "at", "sig"),
    }


def test_a_file_that_is_larger_than_any_package_is_not_read_into_memory(ledger: Ledger, stick: Path) -> None:
    """A file on a USB stick may be of any size, and a small device has little memory."""
    first = next(export(ledger, stick, SEALED)).path
    with first.open("r+b") as file:
        file.truncate(2 * 1024**3)  # sparse
    tracemalloc.start()
    try:
        (flaw,) = [flaw for flaw in inspect(stick, KEY.public).flaws if flaw.package == first.name]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (flaw.problem, peak < 200 * 1024**2) == ("unreadable", True)
