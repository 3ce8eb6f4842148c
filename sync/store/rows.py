"""The table of entries."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import resources
from typing import Final, NamedTuple

from sync.chain import Link
from sync.contract import Entry

SCHEMAS: Final = resources.files("sync").joinpath("schemas")
"""The numbered steps that make it."""


class Row(NamedTuple):
    """An entry and what the table says of it; `hash` may be damaged, and no text then."""

    seq: int
    hash: bytes
    payload: bytes
    delivered: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """How far the ledger has come: `last_seq` is 0 when it is empty.

    `unsent` entries are not known to be at the broker; `waiting` ones, those among them, are not delivered.
    """

    last_seq: int
    unsent: int
    waiting: int

    @property
    def receipted(self) -> int:
        """Numbers that nothing is left to be done for; those that a salvage named as lost are among them."""
        return self.last_seq - self.waiting


def insert(connection: sqlite3.Connection, entry: Entry, payload: bytes, delivered: bool = False) -> None:
    """Put one entry into the table, inside the caller's transaction."""
    of_record = (
        (entry.body.person, entry.body.session, entry.day.isoformat()) if entry.kind == "record" else (None, None, None)
    )
    connection.execute(
        "INSERT INTO entry (seq, at_broker, receipted, hash, at_ms, payload, person, session, day) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (entry.seq, int(delivered), int(delivered), entry.hash, epoch_ms(entry.at), payload, *of_record),
    )


def end_of(connection: sqlite3.Connection) -> Link:
    """The last link of the chain."""
    row = connection.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    return Link(*row) if row else Link()


def last_at(connection: sqlite3.Connection, sources: Sequence[str]) -> datetime | None:
    """The time (UTC) of the last entry whose clock had one of these sources and that corrects no other, or None."""
    query = (
        "SELECT at_ms FROM (SELECT seq, at_ms, CAST(payload AS TEXT) AS entry FROM entry) "
        # One that was damaged after it was delivered is passed over.
        "WHERE CASE WHEN json_valid(entry) THEN json_extract(entry, '$.clock.corrects') IS NULL AND "
        "json_extract(entry, '$.clock.source') IN (SELECT value FROM json_each(?)) END ORDER BY seq DESC LIMIT 1"
    )
    row = connection.execute(query, (json.dumps(sources),)).fetchone()
    return datetime.fromtimestamp(row[0] / 1000, UTC) if row else None


def rows(connection: sqlite3.Connection, which: str, *values: str | int) -> Iterator[Row]:
    """Entries as they lie in the table; `which` is the end of the query, from `WHERE` on."""
    query = f"SELECT seq, CAST(hash AS BLOB), payload, receipted FROM entry {which}"  # noqa: S608 (ours, with ? for values)
    return map(Row._make, connection.execute(query, values))


def records_of(connection: sqlite3.Connection, person: str, days: Sequence[date]) -> list[Row]:
    """The records of a person that belong to these days, oldest first."""
    wanted = json.dumps([day.isoformat() for day in days])
    which = "WHERE person = ? AND day IN (SELECT value FROM json_each(?)) ORDER BY seq"
    return list(rows(connection, which, person, wanted))


def events(connection: sqlite3.Connection, kind: str) -> Iterator[Row]:
    """The events of a type, newest first."""
    is_one = "CASE WHEN json_valid(CAST(payload AS TEXT)) THEN CAST(payload AS TEXT) ->> '$.body.type' = ? END"
    return rows(connection, f"WHERE person IS NULL AND {is_one} ORDER BY seq DESC", kind)


def epoch_ms(at: datetime) -> int:
    """An instant as the table compares it: milliseconds since 1970, UTC."""
    return round(at.timestamp() * 1000)
