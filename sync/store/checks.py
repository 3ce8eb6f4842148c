"""What is looked at before a ledger is trusted."""

import itertools
from pathlib import Path
from typing import Final

from sync.canonical import load
from sync.chain import Link, check_entry
from sync.contract import parse_entry
from sync.errors import ContractError, StoreDamaged, StoreError
from sync.store.database import Database, telling
from sync.store.head import BLOCK, Head
from sync.store.rows import Row, archived_end, end_of, rows
from sync.store.salvage import carve, pending, proven

LATEST: Final = 1000
"""Entries at the end that are looked at although they are delivered."""


def check_presence(path: Path, head: Head) -> None:
    """Raise `StoreDamaged` when a ledger that has been used is not there."""
    with telling(path):
        # To SQLite an empty file is a new database.
        there = path.exists() and path.stat().st_size > 0
        if pending(path) or (not there and (head.read() != 0 or head.reached() != 0)):
            raise StoreDamaged(f"the ledger {path} is gone, though it has been used")


def check_entries(database: Database, head: Head, kiosk: str, unit: str) -> None:
    """Check the latest entries, whose records the daemon will look up, and what is still to be delivered.

    Raises:
        StoreDamaged: a digest is wrong, or the ledger ends before numbers that have been used.
        StoreError: the ledger is another kiosk's.
    """
    with database.reading() as connection:
        # The marks first: another process may be appending.
        reserved, reached = head.read() or 0, head.reached()
        end = end_of(connection)
        # No cursor has a name here: an error's traceback would keep it, and with it the damaged file, open.
        for row in itertools.chain(
            rows(connection, "INDEXED BY entry_waiting WHERE receipted = 0"),  # left to choose, SQLite reads all
            rows(connection, "WHERE seq > ? AND receipted = 1", end.seq - LATEST),
        ):
            check_row(row, database.path)
        last = connection.execute("SELECT payload FROM entry WHERE seq = ?", (end.seq,)).fetchone()
        _check_begin(archived_end(connection), next(rows(connection, "ORDER BY seq LIMIT 1"), None), database.path)
    if end.seq < max(reserved - BLOCK, reached) or (reserved and last is None):
        raise StoreDamaged(f"the ledger {database.path} ends at {end.seq}, but later entries have been written")
    if last is not None:
        _check_owner(last[0], kiosk, unit, database.path)


def read_wal(path: Path) -> bytes:
    """The ledger's WAL, to be read before SQLite sees it: SQLite silently drops what follows a damaged place in it."""
    with telling(path):
        wal = path.with_name(path.name + "-wal")
        return wal.read_bytes() if wal.exists() else b""


def check_wal(database: Database, wal: bytes, kiosk: str) -> None:
    """Raise `StoreDamaged` when the WAL proves an entry that SQLite did not take over."""
    with database.reading() as connection:
        end = end_of(connection)
    if any(proven(payload, kiosk) for payload in carve(wal, after=end.seq)):
        raise StoreDamaged(f"the ledger {database.path} ends at {end.seq}, but its WAL holds later entries")


def check_row(row: Row, path: Path) -> None:
    """Raise `StoreDamaged` unless the entry proves itself and is what its row says: others are numbered and chained by
    it."""
    try:
        document = load(row.payload)
        findings = [finding.text for finding in check_entry(document)]
    except ContractError as error:
        raise StoreDamaged(f"the ledger {path} is damaged: {error}") from error
    if not findings and (document["seq"], str(document["hash"]).encode()) != (row.seq, row.hash):
        findings = [f"entry {document['seq']} lies under number {row.seq} and another hash than its own"]
    for text in findings:
        raise StoreDamaged(f"the ledger {path} is damaged: {text}")


def _check_begin(anchor: Link, first: Row | None, path: Path) -> None:
    """The oldest entry that is kept continues the archive, as far as it can tell."""
    if first is None or first.seq != anchor.seq + 1:
        return
    try:
        document = load(first.payload)
    except ContractError:
        return  # it was damaged after it was delivered: whoever reads it tells of it
    if not any(check_entry(document)) and document.get("prev") != anchor.hash:
        raise StoreDamaged(f"the ledger {path} is damaged: entry {first.seq} does not continue the archive")


def _check_owner(payload: bytes, kiosk: str, unit: str, path: Path) -> None:
    try:
        entry = parse_entry(payload)
    except ContractError as error:
        raise StoreDamaged(f"the ledger {path} is damaged: {error}") from error
    if (entry.kiosk, entry.unit) != (kiosk, unit):
        raise StoreError(f"the ledger {path} belongs to kiosk {entry.kiosk} of unit {entry.unit}")
