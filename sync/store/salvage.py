"""Checks a ledger when it is opened, and saves the entries of a damaged one into a new file."""

import itertools
import mmap
import re
import sqlite3
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from sync.canonical import load
from sync.chain import Link, check_entry, seal
from sync.contract import Draft, Entry, LedgerSalvaged, LedgerSalvagedDetail, SeqRange, parse_entry
from sync.durable import sync_folder
from sync.errors import ContractError, StoreDamaged, StoreError
from sync.signing import SigningKey
from sync.store.database import Database, translate_errors
from sync.store.head import BLOCK, HighWaterMark
from sync.store.rows import SCHEMAS, Row, archived_end, end_of, insert, rows, set_archived, timed_by

LATEST: Final = 1000
"""How many entries at the end are checked although they are delivered."""


def check_presence(path: Path, high_water: HighWaterMark) -> None:
    """Raise `StoreDamaged` when a ledger that has been used is not there."""
    with translate_errors(path):
        # To SQLite an empty file is a new database.
        there = path.exists() and path.stat().st_size > 0
        if pending(path) or (not there and (high_water.read() != 0 or high_water.reached() != 0)):
            raise StoreDamaged(f"the ledger {path} is gone, though it has been used")


def check_entries(database: Database, high_water: HighWaterMark, kiosk: str, unit: str) -> None:
    """Check the latest entries, whose records the daemon will look up, and what is still to be delivered.

    Raises:
        StoreDamaged: a digest is wrong, or the ledger ends before numbers that have been used.
        StoreError: the ledger is another kiosk's.
    """
    with database.reading() as connection:
        # The marks first: another process may be appending.
        reserved, reached = high_water.read() or 0, high_water.reached()
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
    """Return the ledger's WAL. It must be read before SQLite opens it, because SQLite silently drops what follows a
    damaged place in it."""
    with translate_errors(path):
        wal = path.with_name(path.name + "-wal")
        return wal.read_bytes() if wal.exists() else b""


def check_wal(database: Database, wal: bytes, kiosk: str) -> None:
    """Raise `StoreDamaged` when the WAL proves an entry that SQLite did not take over."""
    with database.reading() as connection:
        end = end_of(connection)
    if any(proven(payload, kiosk) for payload in carve(wal, after=end.seq)):
        raise StoreDamaged(f"the ledger {database.path} ends at {end.seq}, but its WAL holds later entries")


def check_row(row: Row, path: Path) -> None:
    """Raise `StoreDamaged` unless the digest of the entry is right and fits the number and hash of its row, which other
    queries rely on."""
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
    """Raise `StoreDamaged` when the oldest entry in the file is intact but does not continue the archive."""
    if first is None or first.seq != anchor.seq + 1:
        return
    try:
        document = load(first.payload)
    except ContractError:
        return  # it was damaged after it was delivered; whoever reads it logs that
    if not any(check_entry(document)) and document.get("prev") != anchor.hash:
        raise StoreDamaged(f"the ledger {path} is damaged: entry {first.seq} does not continue the archive")


def _check_owner(payload: bytes, kiosk: str, unit: str, path: Path) -> None:
    try:
        entry = parse_entry(payload)
    except ContractError as error:
        raise StoreDamaged(f"the ledger {path} is damaged: {error}") from error
    if (entry.kiosk, entry.unit) != (kiosk, unit):
        raise StoreError(f"the ledger {path} belongs to kiosk {entry.kiosk} of unit {entry.unit}")


class LastAt(Protocol):
    """Returns the time of the last entry whose clock had one of these sources, as `Ledger.last_at` does."""

    def __call__(self, *sources: str) -> datetime | None:
        """Return the time in UTC, None without such an entry."""


Stamper = Callable[[LedgerSalvaged, LastAt], Draft]
"""Puts time and clock on the event that reports the salvage. The entries that were kept may tell the time."""

# How every entry begins and ends in canonical JSON, whose keys are sorted.
_BEGIN: Final = b'{"at":"'
_END: Final = re.compile(rb'"seq":(\d{1,16}),(?:"sig":"[A-Za-z0-9_-]{86}",)?"unit":"[a-z0-9-]{1,64}","v":1\}')
_FROM_EITHER_END: Final = (
    "SELECT payload, receipted FROM entry ORDER BY seq",
    "SELECT payload, receipted FROM entry ORDER BY seq DESC",
)
_LONGEST: Final = 4096
"""Bytes of the longest entry that is searched for: SQLite splits a row that is longer than a page."""


@dataclass(frozen=True, slots=True)
class DamagedLedger:
    """A damaged ledger: its path and owner, the WAL as it was before SQLite opened it, what is wrong, and in `anchor`
    the last entry that lies in the archive."""

    path: Path
    kiosk: str
    unit: str
    wal: bytes
    reason: str
    anchor: Link


def salvage(damaged: DamagedLedger, high_water: HighWaterMark, stamp: Stamper, key: SigningKey) -> None:
    """Replace a damaged ledger by a new one that holds every entry whose digest is right. The caller holds the lock
    alone.

    Raises:
        StoreError: the new file cannot be written; the damaged one is untouched.
    """
    aside = damaged.path.with_name(f"{damaged.path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.db")
    building = damaged.path.with_name(f"{damaged.path.stem}.salvaging.db")
    with translate_errors(building):
        for side in ("", "-wal", "-shm"):
            _side(building, side).unlink(missing_ok=True)
        fresh = Database(building, SCHEMAS)
        try:
            fresh.migrate()
            with fresh.writing() as connection:
                _rebuild(damaged, high_water, connection, _reporter(damaged, stamp, key), aside.name)
        finally:
            fresh.close()
        if damaged.wal and not _side(damaged.path, "-wal").exists():
            _side(aside, "-wal").write_bytes(damaged.wal)
        building.rename(aside.with_name(aside.name.replace(".damaged-", ".salvaged-")))
        sync_folder(damaged.path.parent)
    finish(damaged.path)


def finish(path: Path) -> None:
    """Rename a complete new ledger to its final name, if there is one.

    Raises:
        StoreError: the files cannot be renamed.
    """
    with translate_errors(path):
        for complete in pending(path):
            aside = complete.with_name(complete.name.replace(".salvaged-", ".damaged-"))
            # The WAL goes first: beside the new file, SQLite would take it for that file's own.
            for side in ("-wal", "-shm", ""):
                if _side(path, side).exists():
                    _side(path, side).rename(_side(aside, side))
            complete.rename(path)
            sync_folder(path.parent)


def pending(path: Path) -> list[Path]:
    """Return the complete new ledgers that wait for `finish`: at most one."""
    return list(path.parent.glob(f"{path.stem}.salvaged-*.db"))


def carve(raw: bytes | mmap.mmap, known: Container[int] = (), after: int = 0) -> Iterator[bytes]:
    """Yield byte strings in `raw` that look like entries, with numbers beyond `after` that are not among the
    `known`."""
    for end in _END.finditer(raw):
        start = raw.rfind(_BEGIN, max(0, end.end() - _LONGEST), end.start())
        if start >= 0 and int(end[1]) > after and int(end[1]) not in known:
            yield raw[start : end.end()]


def proven(payload: bytes, kiosk: str) -> Entry | None:
    """Return the entry if the payload is one of this kiosk and its digest is right, else None."""
    try:
        if any(check_entry(load(payload))):
            return None
        entry = parse_entry(payload)
    except ContractError:
        return None
    return entry if entry.kiosk == kiosk else None


def _rebuild(
    damaged: DamagedLedger,
    high_water: HighWaterMark,
    connection: sqlite3.Connection,
    tell: Callable[[LedgerSalvagedDetail, LastAt, Link], bytes],
    aside: str,
) -> None:
    kept: set[int] = set()
    set_archived(connection, damaged.anchor)
    for payload, delivered in _candidates(damaged, kept):
        entry = proven(payload, damaged.kiosk)
        if entry is not None and entry.seq not in kept and entry.seq > damaged.anchor.seq:
            insert(connection, entry, payload, delivered)
            kept.add(entry.seq)
    end, reserved = end_of(connection) if kept else damaged.anchor, high_water.read()
    last_used = max(end.seq + BLOCK if reserved is None else end.seq, reserved or 0, high_water.reached())
    detail = LedgerSalvagedDetail(
        reason=damaged.reason[:200],
        kept=len(kept),
        missing=tuple(_missing((damaged.anchor.seq, *sorted(kept), last_used + 1))),
        moved_to=aside if damaged.path.exists() else None,
    )
    payload = tell(detail, lambda *sources: _last_at(connection, sources), Link(last_used, end.hash))
    high_water.cover(last_used + 1)
    insert(connection, parse_entry(payload), payload)


def _last_at(connection: sqlite3.Connection, sources: Sequence[str]) -> datetime | None:
    """Return what `LastAt` does. No digest is checked: every entry that was kept has just been checked."""
    newest = [next(timed_by(connection, source), None) for source in sources]
    last = max((row for row in newest if row is not None), key=lambda row: row.seq, default=None)
    return None if last is None else parse_entry(last.payload).at.astimezone(UTC)


def _reporter(
    damaged: DamagedLedger, stamp: Stamper, key: SigningKey
) -> Callable[[LedgerSalvagedDetail, LastAt, Link], bytes]:
    """Return a function that makes the signed entry that reports the salvage."""
    return lambda detail, last_at, after: seal(
        stamp(LedgerSalvaged(detail=detail), last_at), damaged.kiosk, damaged.unit, after, key
    )


def _candidates(damaged: DamagedLedger, kept: set[int]) -> Iterator[tuple[bytes, bool]]:
    """Yield everything that may be an entry, with whether it is known to be delivered."""
    if damaged.path.exists():
        for query in _FROM_EITHER_END:
            yield from _rows(damaged.path, query)
        yield from ((payload, False) for payload in _carve_file(damaged.path, kept))
    yield from ((payload, False) for payload in carve(damaged.wal, kept))


def _rows(path: Path, query: str) -> Iterator[tuple[bytes, bool]]:
    """Yield rows from one end until SQLite meets the damage."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            for payload, delivered in connection.execute(query):
                if isinstance(payload, bytes):
                    yield payload, delivered == 1
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        # This is the damage. Entries beyond it are searched for in the bytes of the file.
        return


def _carve_file(path: Path, kept: set[int]) -> Iterator[bytes]:
    with path.open("rb") as file:
        if path.stat().st_size == 0:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
            yield from carve(raw, kept)


def _missing(there: Iterable[int]) -> Iterator[SeqRange]:
    for before, after in itertools.pairwise(there):
        if after > before + 1:
            yield SeqRange(first=before + 1, last=after - 1)


def _side(path: Path, side: str) -> Path:
    return path.with_name(path.name + side)
