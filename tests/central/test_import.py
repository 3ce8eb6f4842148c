"""Import of packages from a USB stick: judged and stored like entries that come by MQTT, with receipts in the
folder."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.importing import Imported, Importer, answer
from central.store.database import CentralDatabase
from central.store.gaps import Gap
from sync.contract import SeqRange
from sync.documents.sealing import Opener
from sync.errors import ExportError
from sync.export.package import pack, prefix
from sync.export.reading import receipt_file, take_receipts
from sync.export.writing import Order, export
from sync.ledger import Ledger, Stored
from sync.signing import SigningKey
from tests import commands
from tests.central.helpers import chain, held, refused, register, stored
from tests.sync.helpers import AT, KEY, KIOSK, UNIT, fill, record

AGENCY, RECEIVER = Opener.make(), SigningKey.make()
ENTRIES = 2300


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    KEY.save(tmp_path / "device.key")
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        fill(opened, ENTRIES)
        yield opened


@pytest.fixture
def stick(tmp_path: Path, ledger: Ledger) -> Path:
    """A folder with an export of all entries."""
    folder = tmp_path / "stick"
    folder.mkdir()
    assert len(list(export(ledger, folder, Order(AT, AGENCY.public)))) == 3
    return folder


def counts(imported: Imported) -> tuple[int, int, int]:
    return imported.stored, imported.known, imported.rejected


def package(stick: Path, numbers: str, kiosk: str = KIOSK) -> Path:
    return stick / f"{prefix(UNIT, kiosk)}_{numbers}.senfie"


def test_what_was_exported_is_stored_once_and_receipted(database: CentralDatabase, ledger: Ledger, stick: Path) -> None:
    stored(database, [entry.payload for entry in ledger.stored()][100:300])  # came by MQTT
    (imported,), flaws = Importer(database, AGENCY).take(stick)
    assert (counts(imported), imported.gaps, flaws) == ((ENTRIES - 200, 200, 0), [], [])
    assert held(database) == [entry.payload for entry in ledger.stored()]
    answer(stick, [imported], RECEIVER)
    assert take_receipts(ledger, stick, RECEIVER.public) == ENTRIES
    assert ledger.waiting(1) == []


def test_the_same_import_twice_changes_nothing(sqlite: CentralDatabase, ledger: Ledger, stick: Path) -> None:
    Importer(sqlite, AGENCY).take(stick)
    (imported,), flaws = Importer(sqlite, AGENCY).take(stick)
    assert (counts(imported), flaws) == ((0, ENTRIES, 0), [])
    assert held(sqlite) == [entry.payload for entry in ledger.stored()]
    answer(stick, [imported], RECEIVER)
    assert take_receipts(ledger, stick, RECEIVER.public) == ENTRIES


def test_a_truncated_package_is_named_the_others_are_stored_and_it_waits(
    database: CentralDatabase, ledger: Ledger, stick: Path
) -> None:
    file = package(stick, "1001-2000")
    file.write_bytes(file.read_bytes()[:-200])
    (imported,), flaws = Importer(database, AGENCY).take(stick)
    assert counts(imported) == (1300, 0, 0)
    assert imported.gaps == [Gap(1001, 2000)]
    assert {(flaw.package, flaw.problem) for flaw in flaws} == {(file.name, "truncated"), (None, "missing")}
    answer(stick, [imported], RECEIVER)
    take_receipts(ledger, stick, RECEIVER.public)
    assert [entry.seq for entry in ledger.waiting(5000)] == [*range(1001, 2001)]


def test_a_flipped_byte_is_found_and_nothing_of_it_stored(sqlite: CentralDatabase, stick: Path) -> None:
    file = package(stick, "1-1000")
    raw = bytearray(file.read_bytes())
    raw[-500] ^= 1
    file.write_bytes(raw)
    (imported,), flaws = Importer(sqlite, AGENCY).take(stick)
    assert {flaw.problem for flaw in flaws} == {"digest", "missing"}
    assert (counts(imported), imported.gaps) == ((1300, 0, 0), [Gap(1, 1000)])


def test_without_the_agencys_key_sealed_packages_stay_sealed(sqlite: CentralDatabase, stick: Path) -> None:
    for opener in (None, Opener.make()):
        imported, flaws = Importer(sqlite, opener).take(stick)
        assert imported == []
        assert [flaw.problem for flaw in flaws] == ["sealed"] * 3


def test_a_kiosk_that_is_not_registered_is_named_and_taken_later(
    sqlite: CentralDatabase, tmp_path: Path, stick: Path
) -> None:
    (tmp_path / "gate").mkdir()
    with Ledger(tmp_path / "gate" / "ledger.db", "gate", UNIT) as other:
        other.append(record())
        list(export(other, stick, Order(AT, AGENCY.public)))
        (imported,), flaws = Importer(sqlite, AGENCY).take(stick)
        assert imported.kiosk == KIOSK
        assert [(flaw.package, flaw.problem) for flaw in flaws] == [
            (package(stick, "1-1", "gate").name, "unknown_kiosk")
        ]
        register(sqlite, "gate", other.key)
        both, flaws = Importer(sqlite, AGENCY).take(stick)
    assert {(one.kiosk, *counts(one)) for one in both} == {("gate", 1, 0, 0), (KIOSK, 0, ENTRIES, 0)}
    assert flaws == []


def test_a_kiosk_that_signs_for_another_stores_nothing(sqlite: CentralDatabase, tmp_path: Path) -> None:
    thief = SigningKey.make()
    register(sqlite, "gate", thief)
    stolen = [Stored(number, payload) for number, payload in enumerate(chain(3), 1)]
    header, raw = pack(stolen, SeqRange(first=1, last=3), AT, thief, AGENCY.public)
    (tmp_path / header.name).write_bytes(raw)
    imported, (flaw,) = Importer(sqlite, AGENCY).take(tmp_path)
    assert (imported, flaw.problem) == ([], "signature")


def test_forged_entries_in_a_package_that_is_signed_are_rejected_one_by_one(
    sqlite: CentralDatabase, tmp_path: Path
) -> None:
    entries = chain(4)
    entries[1] = entries[1].replace(b'"p-1"', b'"p-9"')
    forged = [Stored(number, payload) for number, payload in enumerate(entries, 1)]
    header, raw = pack(forged, SeqRange(first=1, last=4), AT, KEY, None)
    (tmp_path / header.name).write_bytes(raw)
    (imported,), flaws = Importer(sqlite, None).take(tmp_path)
    assert (counts(imported), imported.gaps, flaws) == ((3, 0, 1), [Gap(2, 2)], [])
    assert refused(sqlite) == {"hash": 1}
    answer(tmp_path, [imported], RECEIVER)
    (line,) = receipt_file(tmp_path, UNIT, KIOSK).read_text().splitlines()
    assert (json.loads(line)["through_seq"], json.loads(line)["also"]) == (1, [3, 4])


def test_a_folder_without_packages_is_said(sqlite: CentralDatabase, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no package"):
        Importer(sqlite, AGENCY).take(tmp_path)


def central(folder: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = commands.run("central", *words, cwd=folder)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def test_the_command_imports_answers_and_fails_when_something_is_missing(
    tmp_path: Path, ledger: Ledger, stick: Path
) -> None:
    (tmp_path / "public.pem").write_text(KEY.public.pem)
    AGENCY.save(tmp_path / "agency.key")
    RECEIVER.save(tmp_path / "receiver.key")
    central(tmp_path, "kiosks", "add", UNIT, KIOSK, "public.pem")
    keys = ("--open-with", "agency.key", "--key", "receiver.key")
    done = central(tmp_path, "import", str(stick), *keys, "--json")
    told = {"unit": UNIT, "kiosk": KIOSK, "stored": ENTRIES, "known": 0, "rejected": 0, "gaps": []}
    assert json.loads(done.stdout) == told
    assert take_receipts(ledger, stick, RECEIVER.public) == ENTRIES
    package(stick, "2001-2300").unlink()
    done = central(tmp_path, "import", str(stick), *keys, code=1)
    assert "no package holds the entries 2001 to 2300" in done.stderr
    assert f"{UNIT}/{KIOSK}: 0 stored, 2000 known, 0 rejected" in done.stdout
    central(tmp_path, "import", str(tmp_path / "nowhere"), *keys, code=1)
