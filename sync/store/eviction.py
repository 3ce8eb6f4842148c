"""Which parcels are erased from the disk, and the account of evidence that was erased early or unacknowledged."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sync.store.rows import epoch_ms

_ACKNOWLEDGED_STAYS: Final = timedelta(days=7)
_UNSENT_STAYS: Final = timedelta(days=35)
_BATCH: Final = 64
"""Parcels erased in one transaction: the overwritten pages pass through the WAL, which needs disk space too."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Erased parcels: their number, their bytes, and how many of them the centre had not acknowledged."""

    count: int
    bytes: int
    unacknowledged: int


class ParcelRow(NamedTuple):
    """A parcel to be erased, by its row number; `unsent` when the centre has not acknowledged it."""

    number: int
    bytes: int
    unsent: bool


def expired(connection: sqlite3.Connection, now: datetime) -> list[ParcelRow]:
    """Return parcels that were acknowledged a week ago, and evidence that could not be sent for five weeks; at most one
    batch."""
    query = (
        "SELECT id, bytes, acknowledged_ms IS NULL FROM parcel WHERE acknowledged_ms < ? "
        "OR (acknowledged_ms IS NULL AND kind = 'evidence' AND at_ms < ?) LIMIT ?"
    )
    limits = (epoch_ms(now - _ACKNOWLEDGED_STAYS), epoch_ms(now - _UNSENT_STAYS), _BATCH)
    return [ParcelRow(*row) for row in connection.execute(query, limits)]


def surplus(connection: sqlite3.Connection, most_bytes: int) -> list[ParcelRow]:
    """Return the evidence to erase so that `most_bytes` remain: the oldest acknowledged first, then the oldest; at most
    one batch."""
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
    """Return the bytes of all evidence."""
    query = "SELECT coalesce(sum(bytes), 0) FROM parcel WHERE kind = 'evidence'"
    return int(connection.execute(query).fetchone()[0])


def erase(connection: sqlite3.Connection, rows: Sequence[ParcelRow], *, early: bool) -> None:
    """Erase parcels, inside the caller's transaction. Those that are not acknowledged are counted as dropped, and with
    `early` the others too."""
    connection.executemany("DELETE FROM parcel WHERE id = ?", [(row.number,) for row in rows])
    lost = [row for row in rows if early or row.unsent]
    count(connection, Dropped(len(lost), sum(row.bytes for row in lost), sum(row.unsent for row in lost)))


def untold(connection: sqlite3.Connection) -> Dropped:
    """Return the account of dropped parcels that no event reports yet."""
    return Dropped(*connection.execute("SELECT count, bytes, unacknowledged FROM untold").fetchone())


def count(connection: sqlite3.Connection, dropped: Dropped) -> None:
    """Add to the account of dropped parcels, inside the caller's transaction."""
    query = "UPDATE untold SET count = count + ?, bytes = bytes + ?, unacknowledged = unacknowledged + ?"
    connection.execute(query, (dropped.count, dropped.bytes, dropped.unacknowledged))
