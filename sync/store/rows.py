"""The queries of the table of entries."""

import itertools
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Final, NamedTuple

from sync.chain import Link
from sync.contract import Entry

SCHEMAS: Final = resources.files("sync").joinpath("schemas")
"""The folder of the numbered schema steps of the ledger."""


class Row(NamedTuple):
    """An entry as it lies in the table. `hash` is read as bytes, because a damaged one may not be valid text."""

    seq: int
    hash: bytes
    payload: bytes
    delivered: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Progress of the ledger: `last_seq` is 0 when it is empty.

    `unsent` entries are not known to be at the broker. `waiting` entries are not delivered; the unsent are among them.
    """

    last_seq: int
    unsent: int
    waiting: int

    @property
    def receipted(self) -> int:
        """How many sequence numbers are delivered, those that a salvage named as lost included."""
        return self.last_seq - self.waiting


def insert(connection: sqlite3.Connection, entry: Entry, payload: bytes, delivered: bool = False) -> None:
    """Insert one entry, inside the caller's transaction."""
    of_record = (
        (entry.body.person, entry.body.session, entry.day.isoformat()) if entry.kind == "record" else (None, None, None)
    )
    source = entry.clock.source if entry.clock.corrects is None else None
    event = entry.body.type if entry.kind == "event" else None
    stands = (entry.seq, int(delivered), int(delivered), entry.hash, epoch_ms(entry.at), payload)
    connection.execute(
        "INSERT INTO entry (seq, at_broker, receipted, hash, at_ms, payload, person, session, day, boot, source, event)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*stands, *of_record, entry.clock.boot_id, source, event),
    )


def end_of(connection: sqlite3.Connection) -> Link:
    """Return the last link of the chain."""
    row = connection.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    return Link(*row) if row else Link()


def archived_end(connection: sqlite3.Connection) -> Link:
    """Return the last link that lies in the archive."""
    return Link(*connection.execute("SELECT through_seq, CAST(hash AS TEXT) FROM archived").fetchone())


def set_archived(connection: sqlite3.Connection, through: Link) -> None:
    """Delete the entries up to `through`, inside the caller's transaction. The last event of each type stays known."""
    connection.execute("UPDATE archived SET through_seq = ?, hash = ?", (through.seq, through.hash))
    connection.execute(
        # With max() SQLite takes the other columns from the row that has it.
        "INSERT OR REPLACE INTO last_archived SELECT event, seq, hash, payload FROM "
        "(SELECT event, max(seq) AS seq, hash, payload FROM entry WHERE seq <= ? AND event IS NOT NULL GROUP BY event)",
        (through.seq,),
    )
    connection.execute("DELETE FROM entry WHERE seq <= ?", (through.seq,))


def timed_by(connection: sqlite3.Connection, source: str, from_seq: int | None = None) -> Iterator[Row]:
    """Return the entries whose clock had this source and that correct no other: newest first, or from `from_seq` on,
    oldest first."""
    if from_seq is None:
        return rows(connection, "WHERE source = ? ORDER BY seq DESC", source)
    return rows(connection, "WHERE source = ? AND seq >= ? ORDER BY seq", source, from_seq)


def untimed(connection: sqlite3.Connection, boot_id: str, after: int) -> Iterator[Row]:
    """Return entries of a boot beyond `after` whose clock had no trusted source, and corrections; oldest first."""
    which = "INDEXED BY entry_untimed WHERE boot = ? AND seq > ? AND (source IS NULL OR source IN ('none', 'rtc')) "
    return rows(connection, which + "ORDER BY seq", boot_id, after)


def rows(connection: sqlite3.Connection, which: str, *values: str | int) -> Iterator[Row]:
    """Return entries as they lie in the table; `which` is the end of the query, from `WHERE` on."""
    query = f"SELECT seq, CAST(hash AS BLOB), payload, receipted FROM entry {which}"  # noqa: S608 (ours, with ? for values)
    return map(Row._make, connection.execute(query, values))


def records_of(connection: sqlite3.Connection, person: str, days: Sequence[date]) -> list[Row]:
    """Return the records of a person that belong to these days, oldest first."""
    wanted = json.dumps([day.isoformat() for day in days])
    which = "WHERE person = ? AND day IN (SELECT value FROM json_each(?)) ORDER BY seq"
    return list(rows(connection, which, person, wanted))


def events(connection: sqlite3.Connection, kind: str) -> Iterator[Row]:
    """Return the events of a type, newest first; of the archived ones only the last is known."""
    query = "SELECT seq, CAST(hash AS BLOB), payload, 1 FROM last_archived WHERE event = ?"
    kept = rows(connection, "WHERE event = ? ORDER BY seq DESC", kind)
    return itertools.chain(kept, map(Row._make, connection.execute(query, (kind,))))


def epoch_ms(at: datetime) -> int:
    """Return an instant in the form that the tables compare: milliseconds since 1970, UTC."""
    return round(at.timestamp() * 1000)
