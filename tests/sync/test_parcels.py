"""The store of parcels: what is kept, what is erased, and that erased bytes leave the disk."""

import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.errors import StoreDamaged, StoreFull
from sync.parcels import Parcel, ParcelCounts, Parcels
from sync.store.eviction import Dropped

AT = datetime(2026, 1, 5, 7, 28, tzinfo=UTC)
DAY = timedelta(days=1)
KB = 1024


@pytest.fixture
def parcels(tmp_path: Path) -> Iterator[Parcels]:
    with Parcels(tmp_path / "parcels.db") as store:
        yield store


def evidence(parcels: Parcels, number: int, *, person: str = "p-1", size: int = 20 * KB, at: datetime = AT) -> str:
    """Add evidence of `size` bytes that belongs to a record."""
    digest = parcels.keep_evidence(person, bytes([number]) * size, at)
    assert parcels.bind(digest, f"record-{number}")
    return digest


def test_evidence_is_sent_only_once_its_record_is_made(parcels: Parcels) -> None:
    digest = parcels.keep_evidence("p-1", b"sealed", AT)
    assert digest == hashlib.sha256(b"sealed").hexdigest()
    assert (parcels.outstanding(10), parcels.unbound()) == ([], [digest])
    assert parcels.get(digest) is None
    assert parcels.bind(digest, "record-1")
    assert (parcels.outstanding(10), parcels.unbound()) == ([digest], [])
    assert parcels.get(digest) == Parcel("evidence", "record-1", digest, b"sealed")
    assert not parcels.bind(digest, "another"), "it belongs to one record for ever"


def test_each_is_waiting_at_the_broker_or_acknowledged(parcels: Parcels) -> None:
    first, second = evidence(parcels, 1), parcels.add_enrolment("p-2", b"template", AT)
    assert parcels.outstanding(10) == [first, second], "oldest first"
    assert parcels.counts() == ParcelCounts(2, 0, 0)
    parcels.mark_at_broker([first])
    assert parcels.counts() == ParcelCounts(1, 1, 0)
    parcels.acknowledge([first, "0" * 64], AT)
    assert parcels.counts() == ParcelCounts(1, 0, 1)
    assert parcels.outstanding(10) == [second]
    assert parcels.get(second) == Parcel("enrolment", "p-2", second, b"template")


def test_beyond_the_cap_the_oldest_acknowledged_go_first_then_the_oldest_and_never_an_enrolment(
    parcels: Parcels,
) -> None:
    parcels.add_enrolment("p-9", bytes(100 * KB), AT)
    digests = [evidence(parcels, number) for number in range(1, 7)]
    parcels.acknowledge([digests[3], digests[1]], AT)
    parcels.trim(6 * 20 * KB)
    assert parcels.untold() == Dropped(0, 0, 0)
    parcels.trim(3 * 20 * KB)
    assert parcels.outstanding(10)[1:] == [digests[2], digests[4], digests[5]]
    assert parcels.untold() == Dropped(3, 60 * KB, 1)
    parcels.trim(0)
    assert parcels.counts() == ParcelCounts(1, 0, 0)
    assert parcels.untold() == Dropped(6, 120 * KB, 4)


def test_what_is_told_is_told_once_whatever_goes_meanwhile(parcels: Parcels) -> None:
    evidence(parcels, 1)
    parcels.trim(0)
    told = parcels.untold()
    evidence(parcels, 2, size=7)
    parcels.trim(0)
    parcels.told(told)
    assert parcels.untold() == Dropped(1, 7, 1)


def test_time_ends_acknowledged_evidence_after_a_week_and_unsent_after_five(parcels: Parcels) -> None:
    acknowledged, unsent = evidence(parcels, 1), evidence(parcels, 2)
    enrolment = parcels.add_enrolment("p-2", b"template", AT)
    parcels.acknowledge([acknowledged], AT + DAY)
    parcels.expire(AT + 8 * DAY)
    assert parcels.counts() == ParcelCounts(2, 0, 1)
    parcels.expire(AT + 8 * DAY + timedelta(seconds=1))
    assert parcels.counts() == ParcelCounts(2, 0, 0)
    assert parcels.untold() == Dropped(0, 0, 0), "it had its time"
    parcels.expire(AT + 35 * DAY)
    assert parcels.outstanding(10) == [unsent, enrolment]
    parcels.expire(AT + 36 * DAY)
    assert parcels.outstanding(10) == [enrolment]
    assert parcels.untold() == Dropped(1, 20 * KB, 1)


def test_many_go_in_small_steps_and_give_their_room_back(parcels: Parcels) -> None:
    for number in range(200):
        evidence(parcels, number)
    before = parcels.path.stat().st_size + parcels.path.with_name("parcels.db-wal").stat().st_size
    assert before > 200 * 20 * KB
    parcels.trim(10 * 20 * KB)
    after = parcels.path.stat().st_size + parcels.path.with_name("parcels.db-wal").stat().st_size
    assert after < 300 * KB
    assert parcels.untold().count == 190


def test_who_is_forgotten_is_gone_from_the_files_at_once(parcels: Parcels) -> None:
    marks = [os.urandom(40) for _ in range(3)]
    for number, mark in enumerate(marks):
        parcels.keep_evidence("p-1", mark * 500, AT)
        evidence(parcels, number, person="p-2")
    parcels.add_enrolment("p-1", marks[0] + bytes(500), AT)
    assert on_disk(parcels.path.parent, marks)
    assert parcels.forget("p-1") == 4
    assert on_disk(parcels.path.parent, marks) == []
    assert (parcels.counts().waiting, parcels.forget("p-1")) == (3, 0)


def on_disk(folder: Path, values: list[bytes]) -> list[str]:
    return [file.name for file in folder.iterdir() for value in values if value in file.read_bytes()]


def test_damaged_bytes_are_never_sent_and_count_as_dropped(parcels: Parcels, caplog: pytest.LogCaptureFixture) -> None:
    digest = evidence(parcels, 1)
    with closing(sqlite3.connect(parcels.path)) as connection, connection:
        connection.execute("UPDATE parcel SET sealed = zeroblob(bytes)")
    assert parcels.get(digest) is None
    assert "the evidence of record-1" in caplog.text
    assert (parcels.outstanding(10), parcels.untold()) == ([], Dropped(1, 20 * KB, 1))


def test_a_damaged_file_is_set_aside_by_the_daemon_and_told_to_others(tmp_path: Path) -> None:
    path = tmp_path / "parcels.db"
    with Parcels(path) as parcels:
        evidence(parcels, 1)
    ruin = path.read_bytes()[:100] + os.urandom(9000)
    path.write_bytes(ruin)
    with pytest.raises(StoreDamaged, match="it is set aside when the kiosk starts"), Parcels(path):
        pass
    with closing(Parcels(path)) as parcels:
        parcels.open_or_set_aside()
        assert parcels.counts() == ParcelCounts(0, 0, 0)
        evidence(parcels, 2)
    (aside,) = tmp_path.glob("parcels.damaged-*.db")
    assert aside.read_bytes() == ruin


def test_a_full_disk_refuses_and_is_outlived(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(200 * KB))
    with Parcels(small_disk / "parcels.db") as parcels:
        digests = []
        with pytest.raises(StoreFull):
            while True:
                digests.append(parcels.keep_evidence("p-1", os.urandom(20 * KB), AT))
        assert parcels.unbound() == digests
        ballast.unlink()
        assert parcels.forget("p-1") == len(digests)
        assert parcels.keep_evidence("p-1", os.urandom(20 * KB), AT)


_CHILD = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sync.parcels import Parcels
with Parcels(Path(sys.argv[1])) as parcels:
    for number in range(20):
        digest = parcels.keep_evidence("p-1", os.urandom(20000), datetime.now(UTC))
        print(digest, flush=True)
        parcels.bind(digest, f"record-{number}")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_bound_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    path = tmp_path / "parcels.db"
    child = subprocess.run([sys.executable, "-c", _CHILD, str(path)], capture_output=True, text=True, check=False)
    assert child.returncode == -signal.SIGKILL
    with Parcels(path) as parcels:
        assert parcels.outstanding(100) == child.stdout.split()
