"""Which parcels have to go, and the account of those that went before anybody had them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sync.store.rows import epoch_ms

_ACKNOWLEDGED_STAYS: Final = timedelta(days=7)
_UNSENT_STAYS: Final = timedelta(days=35)
_BATCH: Final = 64
"""Parcels that go in one transaction: what is overwritten passes through the WAL, which needs room as well."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Evidence that had to go: how many parcels, their bytes, and how many of them nobody had acknowledged."""

    count: int
    bytes: int
    unacknowledged: int


class ParcelRow(NamedTuple):
    """A parcel that is to go; `unsent` when nobody has acknowledged it."""

    number: int
    bytes: int
    unsent: bool


def expired(connection: sqlite3.Connection, now: datetime) -> list[ParcelRow]:
    """What has been acknowledged for a week, and evidence that could not be sent for five; some of it at a time."""
    query = (
        "SELECT id, bytes, acknowledged_ms IS NULL FROM parcel WHERE acknowledged_ms < ? "
        "OR (acknowledged_ms IS NULL AND kind = 'evidence' AND at_ms < ?) LIMIT ?"
    )
    limits = (epoch_ms(now - _ACKNOWLEDGED_STAYS), epoch_ms(now - _UNSENT_STAYS), _BATCH)
    return [ParcelRow(*row) for row in connection.execute(query, limits)]


def surplus(connection: sqlite3.Connection, most_bytes: int) -> list[ParcelRow]:
    """Evidence beyond `most_bytes`: the oldest acknowledged first, then the oldest; some of it at a time."""
    query = (
        "SELECT id, bytes, acknowledged_ms IS NULL FROM parcel WHERE kind = 'evidence' "
        "ORDER BY acknowledged_ms IS NULL, id LIMIT ?"
    )
    excess, rows = held_bytes(connection) - most_bytes, list[ParcelRow]()
    for row in connection.execute(query, (_BATCH,)) if excess > 0 else ():
        if excess <= 0:
            break
        rows.append(ParcelRow(*row))
        excess -= rows[-1].bytes
    return rows


def held_bytes(connection: sqlite3.Connection) -> int:
    """Bytes of all evidence."""
    query = "SELECT coalesce(sum(bytes), 0) FROM parcel WHERE kind = 'evidence'"
    return int(connection.execute(query).fetchone()[0])


def erase(connection: sqlite3.Connection, rows: Sequence[ParcelRow], *, early: bool) -> None:
    """Erase parcels, inside the caller's transaction. Those that nobody has acknowledged are counted as dropped; so are
    the others when they go `early`."""
    connection.executemany("DELETE FROM parcel WHERE id = ?", [(row.number,) for row in rows])
    lost = [row for row in rows if early or row.unsent]
    count(connection, Dropped(len(lost), sum(row.bytes for row in lost), sum(row.unsent for row in lost)))


def untold(connection: sqlite3.Connection) -> Dropped:
    """What was dropped and is in no event yet."""
    return Dropped(*connection.execute("SELECT count, bytes, unacknowledged FROM untold").fetchone())


def count(connection: sqlite3.Connection, dropped: Dropped) -> None:
    """Add to what is to be told, inside the caller's transaction."""
    query = "UPDATE untold SET count = count + ?, bytes = bytes + ?, unacknowledged = unacknowledged + ?"
    connection.execute(query, (dropped.count, dropped.bytes, dropped.unacknowledged))
