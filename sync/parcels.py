"""Parcels: what is published beside the entries, sealed evidence of a record and sealed enrolments made at the kiosk.

Entries are always sent before parcels. Evidence has a limit on the disk of its own, and the record names its SHA-256.
"""

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from sync.errors import StoreDamaged
from sync.store.database import Database, translate_errors
from sync.store.eviction import Dropped, ParcelRow, count, erase, expired, held_bytes, surplus, untold
from sync.store.rows import SCHEMAS, epoch_ms

log = logging.getLogger(__name__)

Kind = Literal["evidence", "enrolment"]


def evidence_purpose(unit: str, kiosk: str) -> str:
    """Return the purpose (HPKE `info`) that a kiosk's evidence is sealed for."""
    return f"senfie/v1/evidence/{unit}/{kiosk}"


@dataclass(frozen=True, slots=True)
class Parcel:
    """Sealed bytes to be published; `key` is the last level of the topic: a record's id, or a person."""

    kind: Kind
    key: str
    sha256: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class ParcelCounts:
    """How many parcels wait for the broker, are at the broker without a receipt, and are acknowledged but still
    kept."""

    waiting: int
    at_broker: int
    acknowledged: int


class Parcels:
    """The parcels of one kiosk, in the SQLite file at `path`. Threads and processes may share it.

    Raises:
        StoreError: from every method, or one of its subclasses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path, SCHEMAS.joinpath("parcels"))
        # SQLite's own lock works by polling; threads of this process take turns without it.
        self._turn = threading.Lock()

    def __enter__(self) -> Self:
        try:
            self._open()
        except StoreDamaged as error:
            self.close()
            raise StoreDamaged(f"{error}; it is set aside when the kiosk starts") from error
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open_or_set_aside(self) -> None:
        """Open the file. A damaged one is renamed, not deleted, and a new one takes its place, because lost evidence
        must not stop a kiosk. Only the daemon calls this."""
        try:
            self._open()
        except StoreDamaged as error:
            self.close()
            aside = self.path.with_name(f"{self.path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.db")
            log.error("%s; it is set aside as %s, with what had not been sent", error, aside.name)  # noqa: TRY400
            with translate_errors(self.path):
                for side in ("-wal", "-shm", ""):
                    if (old := self.path.with_name(self.path.name + side)).exists():
                        old.rename(aside.with_name(aside.name + side))
            self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def keep_evidence(self, person: str, sealed: bytes, at: datetime) -> str:
        """Keep the evidence of a record that is about to be made, and return its SHA-256. It is not sent before
        `bind`."""
        return self._add("evidence", None, person, sealed, at)

    def add_enrolment(self, person: str, sealed: bytes, at: datetime) -> str:
        """Keep a sealed enrolment to be sent, and return its SHA-256."""
        return self._add("enrolment", person, person, sealed, at)

    def bind(self, sha256: str, record: str) -> bool:
        """Note the id of the record that evidence belongs to. Returns False when the evidence is gone."""
        query = "UPDATE parcel SET key = ? WHERE sha256 = ? AND key IS NULL"
        with self._turn, self._database.writing() as connection:
            return connection.execute(query, (record, sha256)).rowcount > 0

    def unbound(self) -> list[str]:
        """Return the SHA-256 of evidence that belongs to no record yet."""
        query = "SELECT sha256 FROM parcel WHERE key IS NULL ORDER BY id"
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(query)]

    def discard(self, sha256: str) -> None:
        """Erase evidence whose record was never made."""
        with self._turn, self._database.writing() as connection:
            connection.execute("DELETE FROM parcel WHERE sha256 = ? AND key IS NULL", (sha256,))

    def forget(self, person: str) -> int:
        """Erase all parcels of a person, sent or not, and return how many there were."""
        with self._turn, self._database.writing() as connection:
            count = connection.execute("DELETE FROM parcel WHERE person = ?", (person,)).rowcount
        self._database.empty_wal()
        return count

    def outstanding(self, limit: int) -> list[str]:
        """Return the SHA-256 of the oldest parcels that are not acknowledged, at most `limit`."""
        query = (
            "SELECT sha256 FROM parcel INDEXED BY parcel_open "  # else SQLite sorts them all, each turn of the uplink
            "WHERE acknowledged_ms IS NULL AND key IS NOT NULL ORDER BY id LIMIT ?"
        )
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(query, (limit,))]

    def get(self, sha256: str) -> Parcel | None:
        """Return a bound parcel, None when it is gone. One whose bytes are damaged is dropped."""
        query = "SELECT kind, key, sealed, id, bytes FROM parcel WHERE sha256 = ? AND key IS NOT NULL"
        with self._database.reading() as connection:
            row = connection.execute(query, (sha256,)).fetchone()
        if row is None:
            return None
        kind, key, sealed, number, size = row
        if hashlib.sha256(sealed).hexdigest() == sha256:
            return Parcel(kind, key, sha256, sealed)
        log.error("the %s of %s in %s is damaged and cannot be sent: it is dropped", kind, key, self.path)
        with self._turn, self._database.writing() as connection:
            erase(connection, [ParcelRow(number, size, unsent=True)], early=True)
        return None

    def mark_at_broker(self, digests: Iterable[str]) -> None:
        """Note that the broker has these parcels."""
        with self._turn, self._database.writing() as connection:
            connection.executemany("UPDATE parcel SET at_broker = 1 WHERE sha256 = ?", [(one,) for one in digests])

    def acknowledge(self, digests: Iterable[str], at: datetime) -> None:
        """Note that the centre has these parcels. Digests that are not in the file are ignored."""
        query = "UPDATE parcel SET at_broker = 1, acknowledged_ms = ? WHERE sha256 = ? AND acknowledged_ms IS NULL"
        with self._turn, self._database.writing() as connection:
            connection.executemany(query, [(epoch_ms(at), one) for one in digests])

    def counts(self) -> ParcelCounts:
        """Return how many parcels are in each state of delivery."""
        query = (
            "SELECT count(*) FILTER (WHERE acknowledged_ms IS NULL AND at_broker = 0), "
            "count(*) FILTER (WHERE acknowledged_ms IS NULL AND at_broker = 1), count(acknowledged_ms) FROM parcel"
        )
        with self._database.reading() as connection:
            return ParcelCounts(*connection.execute(query).fetchone())

    def evidence_bytes(self) -> int:
        """Return the bytes of all sealed evidence in the file."""
        with self._database.reading() as connection:
            return held_bytes(connection)

    def expire(self, now: datetime) -> None:
        """Erase parcels that were acknowledged a week ago, and evidence that could not be sent for five weeks."""
        self._evict(lambda connection: expired(connection, now), early=False)

    def trim(self, most_bytes: int) -> None:
        """Drop evidence beyond `most_bytes`: the oldest acknowledged first, then the oldest."""
        self._evict(lambda connection: surplus(connection, most_bytes), early=True)

    def give_back_room(self) -> None:
        """Give disk space back that the files no longer need."""
        self._database.empty_wal()

    def untold(self) -> Dropped:
        """Return the account of evidence that was dropped early or unsent and that no event reports yet."""
        with self._database.reading() as connection:
            return untold(connection)

    def told(self, dropped: Dropped) -> None:
        """Note that an event reports `dropped`."""
        with self._turn, self._database.writing() as connection:
            count(connection, Dropped(-dropped.count, -dropped.bytes, -dropped.unacknowledged))

    def _open(self) -> None:
        self._database.check()
        self._database.migrate()
        with self._database.reading() as connection:
            if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0:
                # Erased rows then give their space back. The setting takes effect only with VACUUM.
                connection.execute("PRAGMA auto_vacuum = FULL")
                connection.execute("VACUUM")

    def _add(self, kind: Kind, key: str | None, person: str, sealed: bytes, at: datetime) -> str:
        digest = hashlib.sha256(sealed).hexdigest()
        values = (kind, key, person, digest, epoch_ms(at), len(sealed), sealed)
        query = "INSERT INTO parcel (kind, key, person, sha256, at_ms, bytes, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)"
        with self._turn, self._database.writing() as connection:
            connection.execute(query, values)
        return digest

    def _evict(self, choose: Callable[[sqlite3.Connection], list[ParcelRow]], *, early: bool) -> None:
        while True:
            with self._turn, self._database.writing() as connection:
                rows = choose(connection)
                erase(connection, rows, early=early)
            if not rows:
                return
            self.give_back_room()
