"""The append-only ledger of a kiosk: an entry that `append` has returned is on the disk, in order, and stays."""

import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sync.chain import ChainFinding, Link, Verification, seal, verify
from sync.contract import Draft, Entry, EventEntry, RecordEntry, check_slug, parse_entry
from sync.errors import ContractError, StoreDamaged, StoreError, SyncError
from sync.signing import SigningKey
from sync.store.anchor import Anchor, read_anchor, write_anchor
from sync.store.database import Database, translate_errors
from sync.store.head import HighWaterMark
from sync.store.keys import key_of, own_key
from sync.store.lock import FileLock
from sync.store.rows import (
    SCHEMAS,
    Counts,
    Row,
    archived_end,
    end_of,
    events,
    insert,
    records_of,
    rows,
    set_archived,
    timed_by,
    untimed,
)
from sync.store.salvage import (
    DamagedLedger,
    Stamper,
    check_entries,
    check_presence,
    check_row,
    check_wal,
    finish,
    read_wal,
    salvage,
)

log = logging.getLogger(__name__)

_PAGE: Final = 256
"""Rows read at a time: a long read must not keep the WAL from being emptied."""

KEPT: Final = 5000
"""How many of the latest entries never go into the archive. Readers that look back by number need fewer: the count of
PIN attempts and the search for evidence go back 2000."""

_VOUCHED: Final = ("gnss", "ntp")
"""Clock sources that are trusted: satellites and the network."""

_ALONE_S: Final = 5.0
"""How long the daemon waits at its start for commands that use the ledger just then."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry: its sequence number and the canonical JSON that is stored and published, byte for byte."""

    seq: int
    payload: bytes


class Ledger:
    """The ledger of one kiosk, in the SQLite file at `path`. Threads may share it; so may processes.

    Raises:
        ContractError: `kiosk` or `unit` is not a slug.
        StoreError: from every method, or one of its subclasses.
    """

    def __init__(self, path: Path, kiosk: str, unit: str) -> None:
        self.path = path
        self.kiosk = check_slug(kiosk, "kiosk")
        self.unit = check_slug(unit, "unit")
        self._database = Database(path, SCHEMAS)
        self._key_file = path.with_name("device.key")
        self._key: SigningKey | None = None
        self._high_water = HighWaterMark(path)
        self._lock = FileLock(path.with_suffix(".lock"))
        # SQLite's own lock works by polling; threads of this process take turns without it.
        self._turn = threading.Lock()
        self._watchers: list[Callable[[], None]] = []
        self._damaged: set[int] = set()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def key(self) -> SigningKey:
        """The device's key, which signs the entries. StoreError while the ledger is not open."""
        if self._key is None:
            raise StoreError(f"the ledger {self.path} is not open: open it first")
        return self._key

    @property
    def damaged(self) -> tuple[int, ...]:
        """Sequence numbers of delivered entries that this object has found damaged and passed over."""
        return tuple(sorted(self._damaged))

    def open(self) -> None:
        """Open the file, creating it when there never was one, and check it: the whole file's structure, the digests of
        the latest entries and of what is still to be delivered, that no entries are lost from the end, and that the
        device's key, `device.key` beside it, is the one that signed it. The key is made when nothing is signed yet.

        Raises:
            StoreDamaged: the file cannot be trusted; it is left as it is.
            StoreTooNew: a newer version wrote it.
            KeyFileError: the key is gone, or another one.
        """
        try:
            self._lock.share()
            self._open()
            self._key = key_of(self._database, self._key_file)
        except StoreDamaged as error:
            self.close()
            raise StoreDamaged(f"{error}; it is salvaged when the kiosk starts") from error
        except BaseException:
            self.close()
            raise

    def open_or_salvage(self, stamp: Stamper) -> bool:
        """Open the file as `open` does; when it is damaged, set it aside and go on in a new one.

        The new ledger holds every entry that can still be proven, and a `ledger_salvaged` event that `stamp` has given
        its time. Only the daemon calls this: a second one on the same ledger is refused.

        Returns:
            Whether the ledger was damaged.

        Raises:
            StoreBusy: another process uses the ledger.
            StoreTooNew: a newer version wrote it.
        """
        try:
            self._lock.take_alone(_ALONE_S)
            finish(self.path)
            damaged = self._salvage_if_damaged(stamp)
            self._key = key_of(self._database, self._key_file)
            self._lock.share()
        except BaseException:
            self.close()
            raise
        return damaged

    def close(self) -> None:
        """Close the file. The ledger may be opened again."""
        self._database.close()
        self._lock.release()

    def append(self, draft: Draft) -> Entry:
        """Record a draft as the next entry. When this returns, the entry has reached the disk.

        Raises:
            StoreFull: the disk is full; nothing was recorded and the ledger works on once there is room.
            ContractError: the draft cannot be an entry.
        """
        with self._turn, self._database.writing() as connection:
            payload = seal(draft, self.kiosk, self.unit, end_of(connection), self.key)
            entry = parse_entry(payload)
            self._high_water.cover(entry.seq)
            insert(connection, entry, payload)
        self._reached(entry.seq)
        for watcher in tuple(self._watchers):
            watcher()
        return entry

    def _reached(self, seq: int) -> None:
        try:
            self._high_water.reach(seq)
        except OSError as error:  # the entry is recorded all the same
            log.warning(
                "the mark beside %s cannot be written (%s): a loss after %d would not be told", self.path, error, seq
            )

    @contextmanager
    def watching(self, watcher: Callable[[], None]) -> Iterator[None]:
        """Call `watcher` after every append of this object while the block runs, in the thread that appends.

        It must return at once and raise nothing: the entry is recorded already.
        """
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)

    def waiting(self, limit: int, after: int = 0) -> list[Stored]:
        """The oldest entries beyond `after` that are not delivered, at most `limit`.

        Raises:
            StoreDamaged: one of them is damaged: it must not be sent, and the next start salvages it.
        """
        with self._database.reading() as connection:
            found = list(rows(connection, "WHERE receipted = 0 AND seq > ? ORDER BY seq LIMIT ?", after, limit))
        return [Stored(row.seq, row.payload) for row in self._whole(found)]

    def mark_at_broker(self, seqs: Iterable[int]) -> None:
        """Note that the broker has these entries."""
        with self._turn, self._database.writing() as connection:
            connection.executemany("UPDATE entry SET at_broker = 1 WHERE seq = ?", [(seq,) for seq in seqs])

    def mark_receipted(self, seqs: Iterable[int], through_seq: int = 0) -> None:
        """Note that these entries, and all up to `through_seq`, are delivered."""
        receipted = "UPDATE entry SET at_broker = 1, receipted = 1 WHERE receipted = 0 AND seq "
        with self._turn, self._database.writing() as connection:
            connection.execute(f"{receipted} <= ?", (through_seq,))
            connection.executemany(f"{receipted} = ?", [(seq,) for seq in seqs])

    def rewind(self, first: int, last: int) -> None:
        """Mark these entries as not delivered, because the receiver has asked for them again."""
        with self._turn, self._database.writing() as connection:
            connection.execute("UPDATE entry SET at_broker = 0, receipted = 0 WHERE seq BETWEEN ? AND ?", (first, last))

    def hash_of(self, seq: int) -> str | None:
        """Return the hash of an entry, None when the ledger does not hold it. The last archived entry's hash is
        known."""
        with self._database.reading() as connection:
            query = (
                "SELECT CAST(hash AS BLOB) FROM entry WHERE seq = ?1 "
                "UNION ALL SELECT CAST(hash AS BLOB) FROM archived WHERE through_seq = ?1"
            )
            row = connection.execute(query, (seq,)).fetchone()
        return None if row is None else bytes(row[0]).decode("ascii", "replace")

    def counts(self) -> Counts:
        """Return the last sequence number, and how many entries are not sent and not delivered."""
        query = (
            "SELECT (SELECT coalesce(max(seq), 0) FROM entry), "
            "(SELECT count(*) FROM entry WHERE receipted = 0 AND at_broker = 0), "
            "(SELECT count(*) FROM entry WHERE receipted = 0)"
        )
        with self._database.reading() as connection:
            return Counts(*connection.execute(query).fetchone())

    def records_of(self, person: str, *days: date) -> list[RecordEntry]:
        """Return the valid records of a person on these days, oldest first. Records that void another, and those that
        were voided, are left out. A record belongs to the day on which its shift starts."""
        with self._database.reading() as connection:
            found = records_of(connection, person, days)
        records = [entry for entry in self._read(found) if isinstance(entry, RecordEntry)]
        voided = {entry.body.voids for entry in records}
        return [entry for entry in records if entry.body.voids is None and entry.id not in voided]

    def last_event(self, kind: str) -> EventEntry | None:
        """Return the last event of a type, even if it lies in the archive; None when there was none."""
        with self._database.reading() as connection:
            found = (entry for entry in self._read(events(connection, kind)) if isinstance(entry, EventEntry))
            return next(found, None)

    def last_at(self, *sources: str) -> datetime | None:
        """Return the time (UTC) of the last entry whose clock had one of these sources, corrections left out."""
        with self._database.reading() as connection:
            last = [next(self._read(timed_by(connection, source)), None) for source in sources]
        found = max((entry for entry in last if entry is not None), key=lambda entry: entry.seq, default=None)
        return None if found is None else found.at.astimezone(UTC)

    def untimed(self, boot_id: str, after: int, limit: int) -> list[Entry]:
        """Return entries of a boot beyond `after` whose clock had no trusted source, and those that correct such a
        time, oldest first, at most `limit`. Fewer than `limit` are the last ones."""
        with self._database.reading() as connection:
            return list(itertools.islice(self._read(untimed(connection, boot_id, after)), limit))

    def begins_after(self) -> Link:
        """Return the last entry that lies in the archive: the chain of this file continues it."""
        with self._database.reading() as connection:
            return archived_end(connection)

    def archivable(self, before: datetime, count: int) -> Link | None:
        """Return the last of the oldest `count` entries when all of them may go into the archive, else None.

        They may when all are delivered, none is among the latest `KEPT`, and a later entry whose clock had a trusted
        source is older than `before`. Their own times may be wrong by years, so they do not count.
        """
        with self._database.reading() as connection:
            page = list(rows(connection, "ORDER BY seq LIMIT ?", count))
            if len(page) < count or end_of(connection).seq - KEPT < page[-1].seq:
                return None
            if not all(row.delivered for row in page):
                return None
            last = list(self._whole(page))[-1:]
            later = [next(self._read(timed_by(connection, source, page[-1].seq)), None) for source in _VOUCHED]
        first = min((entry for entry in later if entry is not None), key=lambda entry: entry.seq, default=None)
        if not last or first is None or first.at >= before:
            return None
        return Link(last[0].seq, last[0].hash.decode())

    def let_go(self, through: Link) -> None:
        """Remove the entries up to `through`, which lie in the archive. The schema refuses to remove an undelivered
        one."""
        anchor = Anchor(unit=self.unit, kiosk=self.kiosk, seq=through.seq, hash=through.hash)
        with self._turn:
            with translate_errors(self.path):
                write_anchor(self.path, anchor, self.key)
            with self._database.writing() as connection:
                set_archived(connection, through)

    def stored(self, from_seq: int = 1) -> Iterator[Stored]:
        """Iterate over the entries from a sequence number on, in order, damaged ones included."""
        return (Stored(row.seq, row.payload) for row in self._rows(from_seq))

    def whole(self, from_seq: int = 1) -> Iterator[Stored]:
        """Iterate over the entries from a sequence number on, in order, without delivered ones that are damaged.

        Raises:
            StoreDamaged: an entry is damaged and not delivered.
        """
        return (Stored(row.seq, row.payload) for row in self._whole(self._rows(from_seq)))

    def stretch(self, first: int, last: int, limit: int) -> list[Stored]:
        """Return at most `limit` entries from `first` to `last`, both included. The list ends before a damaged entry,
        so that it is one unbroken piece of the chain."""
        found: list[Stored] = []
        for stored in self.whole(first):
            broken = bool(found) and any(found[-1].seq < seq < stored.seq for seq in self._damaged)
            if stored.seq > last or len(found) == limit or broken:
                break
            found.append(stored)
        return found

    def entries(self, from_seq: int = 1) -> Iterator[Entry]:
        """Iterate over the entries that `whole` gives, as models of the contract."""
        return self._read(self._rows(from_seq))

    def verify(self, archived: Iterable[bytes] = (), after: Link | None = None) -> Verification:
        """Check every entry's digest, receipt, signature and place in the chain; with those of the archive before
        them, which continue `after`, as one chain. Without these it begins at the anchor, whose signature is checked.

        Raises:
            StoreDamaged: the file itself cannot be read through.
        """
        self._database.check()
        begins, wrong = self.begins_after(), list[ChainFinding]()
        try:
            anchor = read_anchor(self.path, self.kiosk, self.key.public) or Link()
            # A kill may have left it one step ahead of the ledger.
            if anchor.seq < begins.seq or (anchor.seq == begins.seq and anchor != begins):
                wrong = [ChainFinding(begins.seq, "prev", f"ledger.anchor names another entry than {begins.seq}")]
        except ContractError as error:
            wrong = [ChainFinding(begins.seq, "signature", f"ledger.anchor proves nothing: {error}")]
        payloads = itertools.chain(archived, (stored.payload for stored in self.stored()))
        report = verify(payloads, self.key.public, begins if after is None else after)
        return replace(report, findings=(*wrong, *report.findings))

    def _salvage_if_damaged(self, stamp: Stamper) -> bool:
        wal = read_wal(self.path)
        try:
            self._open()
            check_wal(self._database, wal, self.kiosk)
        except StoreDamaged as error:
            log.warning("salvaging the ledger: %s", error)
            self._database.close()
            key = own_key(self._key_file)
            damaged = DamagedLedger(self.path, self.kiosk, self.unit, wal, str(error), self._anchor(key))
            salvage(damaged, self._high_water, stamp, key)
            self._open()
            return True
        return False

    def _anchor(self, key: SigningKey) -> Link:
        """Return the last archived entry, after which a salvage begins. It is read from the anchor file, because the
        database may not be readable any more."""
        try:
            return read_anchor(self.path, self.kiosk, key.public) or Link()
        except ContractError as error:
            log.error("what lies in the archive is taken for lost: ledger.anchor proves nothing: %s", error)  # noqa: TRY400
            return Link()

    def _open(self) -> None:
        check_presence(self.path, self._high_water)
        self._database.check()
        self._database.migrate()
        check_entries(self._database, self._high_water, self.kiosk, self.unit)

    def _rows(self, from_seq: int) -> Iterator[Row]:
        while True:
            with self._database.reading() as connection:
                page = list(rows(connection, "WHERE seq >= ? ORDER BY seq LIMIT ?", from_seq, _PAGE))
            yield from page
            if len(page) < _PAGE:
                return
            from_seq = page[-1].seq + 1

    def _whole(self, found: Iterable[Row]) -> Iterator[Row]:
        """Pass over delivered entries that are damaged, and log each once: the centre has them. Undelivered entries are
        checked when the ledger is opened, so the next start salvages a damaged one.

        Raises:
            StoreDamaged: an entry is damaged and not delivered.
        """
        for row in found:
            try:
                check_row(row, self.path)
            except StoreDamaged as error:
                if not row.delivered:
                    raise
                self._pass_over(row.seq, error)
            else:
                yield row

    def _read(self, found: Iterable[Row]) -> Iterator[Entry]:
        for row in self._whole(found):
            try:
                entry = parse_entry(row.payload)
            except ContractError as error:  # whole, but written by a newer program
                self._pass_over(row.seq, error)
            else:
                yield entry

    def _pass_over(self, seq: int, error: SyncError) -> None:
        if seq not in self._damaged:
            self._damaged.add(seq)
            log.error("entry %d is passed over (%s); look with: kiosk ledger verify", seq, error)
