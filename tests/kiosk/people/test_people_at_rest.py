"""What lies in the files of people.db: nothing in clear, not even from the program before it was encrypted."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kiosk.people import Details, People, Shot
from kiosk.storage.vault import DeviceSecret
from models.gallery import Vector, unit
from sync.errors import KeyFileError, StoreDamaged

OLD = Path(__file__).with_name("old") / "people-001.db"
NOW = datetime(2026, 1, 5, 7, 28, tzinfo=UTC)
WHOLE = Details(
    name="Siti Aminah",
    title="Ibu",
    nip="199001012014032001",
    schedule="reg5",
    pin="$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2g",
    officer=True,
)
_WRITTEN_AGAIN = """
CREATE TEMP TABLE kept_person AS SELECT * FROM person;
CREATE TEMP TABLE kept_shot AS SELECT * FROM shot;
DELETE FROM person;
INSERT INTO person SELECT * FROM kept_person;
INSERT INTO shot SELECT * FROM kept_shot;
"""
_KILLED_BEFORE_THE_SWEEP = """
import os, signal, sys
from pathlib import Path
from kiosk.storage.sealed import SealedDatabase
from kiosk.people import People
from kiosk.storage.vault import DeviceSecret
SealedDatabase._sweep = lambda self: os.kill(os.getpid(), signal.SIGKILL)
People(Path(sys.argv[1]) / "people.db", DeviceSecret.of(Path(sys.argv[1]), {})).__enter__()
"""


def vector(seed: int) -> Vector:
    """As the fixture was made, with the program of schema 001: two people, three shots each, and one removed again."""
    return unit(np.random.default_rng(seed).normal(0, 1, 128).astype(np.float32))


CLEAR = [
    b"Ibu Siti Aminah",
    b"Pak Budi Santoso",
    b"portrait 0 of",
    *(vector(10 * person + shot).astype("<f4").tobytes()[:64] for person in range(2) for shot in range(3)),
]


def store_in(folder: Path) -> People:
    return People(folder / "people.db", DeviceSecret.of(folder, {}))


def in_clear(folder: Path, values: list[bytes]) -> list[tuple[str, bytes]]:
    files = [file for file in folder.iterdir() if file.name != "device.secret"]
    return [(file.name, value) for file in files for value in values if value in file.read_bytes()]


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """The folder of an old database that was in use when the power was cut: much of it lies in the WAL alone."""
    shutil.copy(OLD, tmp_path / "people.db")
    with closing(sqlite3.connect(tmp_path / "people.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executescript(_WRITTEN_AGAIN)
        assert (tmp_path / "people.db-wal").stat().st_size > 50_000
        yield tmp_path


def check_taken_over(folder: Path) -> None:
    with store_in(folder) as people:
        found = people.all()
        enrolled = people.enrolled("model-of-old@sha256:0", 128)
        portraits = people.portraits("budi")
    assert [(p.id, p.details, p.shots, p.origin, p.version) for p in found] == [
        ("budi", Details(name="Pak Budi Santoso"), 3, "wall", 0),
        ("siti", Details(name="Ibu Siti Aminah"), 3, "wall", 0),
    ]
    assert {p.enrolled_at for p in found} == {NOW}
    for number, person in enumerate(("siti", "budi")):
        assert np.array_equal(enrolled[person].shots, [vector(10 * number + shot) for shot in range(3)])
    assert [portrait[:19] for portrait in portraits] == [b"portrait %d of budi " % shot for shot in range(3)]


def test_an_old_database_is_encrypted_and_nothing_stays_in_clear(old: Path) -> None:
    assert {value for _, value in in_clear(old, CLEAR)} == set(CLEAR)
    with store_in(old):
        assert in_clear(old, CLEAR) == [], "while it is open too"
    check_taken_over(old)
    assert in_clear(old, CLEAR) == []


def test_killed_between_encrypting_and_sweeping_it_is_swept_at_the_next_start(old: Path) -> None:
    child = subprocess.run([sys.executable, "-c", _KILLED_BEFORE_THE_SWEEP, str(old)], check=False)
    assert child.returncode == -signal.SIGKILL
    assert in_clear(old, CLEAR)
    check_taken_over(old)
    assert in_clear(old, CLEAR) == []


def test_while_another_reads_the_sweep_waits_for_the_next_start(old: Path) -> None:
    with closing(sqlite3.connect(old / "people.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM shot").fetchone()
        check_taken_over(old)
    check_taken_over(old)
    assert in_clear(old, CLEAR) == []


def test_an_old_database_without_a_place_for_a_secret_stays_as_it_is(old: Path) -> None:
    (old / "device.secret").touch(mode=0o644)
    with pytest.raises(KeyFileError, match="run: chmod 600"), store_in(old):
        pass
    (old / "device.secret").unlink()
    check_taken_over(old)


def test_what_is_put_is_in_no_file_in_clear_and_comes_back(tmp_path: Path) -> None:
    shots = [Shot(vector(1), b"a portrait " * 100), Shot(vector(2), None)]
    values = [b"Siti Aminah", b"199001012014032001", b"argon2id", b"reg5", b"a portrait"]
    values += [vector(seed).astype("<f4").tobytes()[:64] for seed in (1, 2)]
    with store_in(tmp_path) as people:
        people.put("siti", WHOLE, "m", shots, NOW, "roster", 7)
        assert in_clear(tmp_path, values) == []
        (person,) = people.all()
        assert (person.details, person.origin, person.version, person.shots) == (WHOLE, "roster", 7, 2)
        assert people.portraits("siti") == [b"a portrait " * 100]
        people.remove("siti")
    assert in_clear(tmp_path, values) == []


def test_neither_nip_nor_pin_is_printed() -> None:
    for text in (repr(WHOLE), str(WHOLE)):
        assert "199001012014032001" not in text
        assert "argon2id" not in text
    with pytest.raises(ValueError, match="title") as told:
        Details.model_validate({"name": "x", "nip": "199001012014032001", "title": "199001012014032001"})
    assert "199001012014032001" not in str(told.value)


def test_another_secret_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    with store_in(tmp_path) as people:
        people.put("siti", WHOLE, "m", [Shot(vector(1), None)], NOW)
    secret, before = tmp_path / "device.secret", (tmp_path / "people.db").read_bytes()
    kept = secret.read_bytes()
    secret.unlink()
    with pytest.raises(KeyFileError, match="is gone"), store_in(tmp_path):
        pass
    secret.touch(mode=0o600)
    secret.write_bytes(bytes(32))
    with pytest.raises(KeyFileError, match="is not the one"), store_in(tmp_path):
        pass
    assert (tmp_path / "people.db").read_bytes() == before
    secret.write_bytes(kept)
    with store_in(tmp_path) as people:
        assert [person.id for person in people.all()] == ["siti"]


def test_details_that_are_damaged_or_anothers_name_the_person_and_what_to_do(tmp_path: Path) -> None:
    with store_in(tmp_path) as people:
        people.put("siti", WHOLE, "m", [Shot(vector(1), None)], NOW)
        people.put("budi", Details(name="Budi"), "m", [Shot(vector(2), None)], NOW)
        with closing(sqlite3.connect(people.path)) as connection, connection:
            connection.execute("UPDATE person SET details = (SELECT details FROM person WHERE id = 'siti')")
        with pytest.raises(StoreDamaged, match="the details of budi are damaged; run: kiosk people remove budi"):
            people.all()
        people.remove("budi")
        assert people.all()[0].details == WHOLE


def test_a_vector_put_in_the_place_of_anothers_is_refused(tmp_path: Path) -> None:
    with store_in(tmp_path) as people:
        people.put("siti", WHOLE, "m", [Shot(vector(1), None)], NOW)
        people.put("budi", Details(name="Budi"), "m", [Shot(vector(2), None)], NOW)
        with closing(sqlite3.connect(people.path)) as connection, connection:
            connection.execute("UPDATE shot SET vector = (SELECT vector FROM shot WHERE person = 'siti')")
        assert people.damaged("m", 128) == {"budi"}


def test_a_database_of_the_step_before_is_opened_and_nobody_is_lost(tmp_path: Path) -> None:
    """It was made by the program of schema 003, with this secret: one person of the roster, one of the wall."""
    (tmp_path / "device.secret").write_bytes(bytes(range(32)))
    (tmp_path / "device.secret").chmod(0o600)
    shutil.copy(OLD.with_name("people-003.db"), tmp_path / "people.db")
    with store_in(tmp_path) as people:
        enrolled = people.enrolled("model-of-old@sha256:0", 128)
        assert [(p.id, p.shots, p.origin, p.version) for p in people.all()] == [
            ("budi", 3, "wall", 0),
            ("siti", 3, "roster", 4),
        ]
        assert np.array_equal(enrolled["siti"].shots, [vector(shot) for shot in range(3)])
        assert people.portraits("budi") == [b"portrait %d of budi" % shot for shot in range(3)]
        assert (enrolled["siti"].later, enrolled["siti"].enrolled_on) == ((), NOW.date())
