"""Commits a batch of judged entries in one transaction, each once, if it joins the hashes of its neighbours."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection, insert, select, update

from central.judge import Sound, Unsound
from central.store.database import CentralDatabase
from central.store.gaps import Gap, first_gap, through
from central.store.rejects import keep
from central.store.tables import entries, kiosks, lost
from sync.chain import GENESIS
from sync.contract import Entry, LedgerSalvaged


class Neighbours:
    """The entries of one kiosk before and after those of a batch, inside a transaction.

    A kiosk that salvaged its ledger continues after the last entry that it still has. The centre may have the entries
    that the kiosk lost. Their hashes do not join the later ones, and that is not a problem.
    """

    def __init__(self, kiosk: str, known: dict[int, tuple[str, str]], ranges: dict[int, int]) -> None:
        self._kiosk = kiosk
        self._known = {0: (GENESIS, ""), **known}  # seq to hash and prev
        self._lost = ranges  # first to last
        self._lost_before = dict(ranges)

    @classmethod
    def of(cls, connection: Connection, kiosk: str, seqs: Iterable[int]) -> Self:
        """Read the neighbours of the numbers of a batch."""
        numbers = sorted({seq + step for seq in seqs for step in (-1, 0, 1)})
        query = select(entries.c.seq, entries.c.hash, entries.c.prev).where(entries.c.kiosk == kiosk)
        known = {row.seq: (row.hash, row.prev) for row in connection.execute(query.where(entries.c.seq.in_(numbers)))}
        ranges = connection.execute(select(lost.c.first, lost.c.last).where(lost.c.kiosk == kiosk))
        return cls(kiosk, known, {row.first: row.last for row in ranges})

    def problem(self, item: Sound) -> Unsound | None:
        """Return why an entry cannot be stored, None when it can or when it is stored already."""
        entry = item.entry
        if (same := self._known.get(entry.seq)) is not None:
            if same[0] == entry.hash:
                return None
            text = f"another entry {entry.seq} is stored, with hash {same[0]}: this one is not taken"
            return Unsound(item.topic, item.payload, "conflict", text, entry.seq)
        before, after = self._known.get(entry.seq - 1), self._known.get(entry.seq + 1)
        continues = before is None or before[0] == entry.prev or self._is_lost(entry.seq - 1, _lost_by(entry))
        continued = after is None or after[1] == entry.hash or self._is_lost(entry.seq)
        if continues and continued:
            return None
        text = f"entry {entry.seq} does not join the entries stored beside it"
        return Unsound(item.topic, item.payload, "chain", text, entry.seq)

    def add(self, entry: Entry) -> bool:
        """Add an entry that has no problem. Returns whether it is new."""
        if entry.seq in self._known:
            return False
        self._known[entry.seq] = (entry.hash, entry.prev)
        for first, last in _lost_by(entry).items():
            self._lost[first] = max(last, self._lost.get(first, 0))
        return True

    def keep_lost(self, connection: Connection) -> None:
        """Store the ranges that the added entries name as lost."""
        for first, last in self._lost.items():
            if first not in self._lost_before:
                connection.execute(insert(lost).values(kiosk=self._kiosk, first=first, last=last))
            elif last != self._lost_before[first]:
                where = (lost.c.kiosk == self._kiosk, lost.c.first == first)
                connection.execute(update(lost).where(*where).values(last=last))

    def _is_lost(self, seq: int, besides: dict[int, int] | None = None) -> bool:
        ranges = {**self._lost, **(besides or {})}
        return any(first <= seq <= last for first, last in ranges.items())


def _lost_by(entry: Entry) -> dict[int, int]:
    """Return the ranges that an entry names as lost, first to last, cut to the numbers before its own."""
    if not isinstance(entry.body, LedgerSalvaged):
        return {}
    missing = entry.body.detail.missing
    return {part.first: min(part.last, entry.seq - 1) for part in missing if part.first < entry.seq}


@dataclass(slots=True)
class BatchOutcome:
    """The result of a committed batch for one kiosk. `gap` is the first range that is missing."""

    kiosk: str
    unit: str
    through_seq: int = 0
    through_hash: str | None = None  # of the entry through_seq, when it is stored
    stored: list[int] = field(
        default_factory=list
    )  # numbers of the batch that are stored now, those stored before included
    fresh: int = 0  # how many of them were not stored before
    refused: list[Unsound] = field(default_factory=list)
    gap: Gap | None = None


def store(database: CentralDatabase, batch: Sequence[Sound | Unsound]) -> list[BatchOutcome]:
    """Commit a batch and return the result of each kiosk. A repeated entry changes nothing.

    Raises:
        DatabaseError: nothing was stored.
    """
    return database.commit(lambda connection: _store(connection, batch))


def _store(connection: Connection, batch: Sequence[Sound | Unsound]) -> list[BatchOutcome]:
    by_kiosk: dict[str, list[Sound]] = defaultdict(list)
    for item in batch:
        if isinstance(item, Sound):
            by_kiosk[item.entry.kiosk].append(item)
    # The kiosks' rows are locked in one order, so that receivers that run at once cannot deadlock.
    outcomes = [_store_of(connection, kiosk, by_kiosk[kiosk]) for kiosk in sorted(by_kiosk)]
    refused = [item for item in batch if isinstance(item, Unsound)]
    keep(connection, [*refused, *(item for outcome in outcomes for item in outcome.refused)])
    return outcomes


def _store_of(connection: Connection, kiosk: str, batch: list[Sound]) -> BatchOutcome:
    row = connection.execute(select(kiosks).where(kiosks.c.kiosk == kiosk).with_for_update()).one()
    outcome = BatchOutcome(kiosk, row.unit)
    chain = Neighbours.of(connection, kiosk, [item.entry.seq for item in batch])
    fresh = []
    for item in sorted(batch, key=lambda item: item.entry.seq):
        problem = chain.problem(item)
        if problem is not None:
            outcome.refused.append(problem)
            continue
        outcome.stored.append(item.entry.seq)
        if chain.add(item.entry):
            fresh.append(item)
    outcome.fresh = len(fresh)
    if fresh:
        connection.execute(insert(entries), [_row(item) for item in fresh])
        chain.keep_lost(connection)
    outcome.through_seq = through(connection, kiosk, row.through_seq)
    outcome.through_hash = _hash_of(connection, kiosk, outcome.through_seq)
    outcome.gap = first_gap(connection, kiosk, outcome.through_seq)
    connection.execute(update(kiosks).where(kiosks.c.kiosk == kiosk).values(through_seq=outcome.through_seq))
    return outcome


def _row(item: Sound) -> dict[str, object]:
    entry = item.entry
    return {
        "kiosk": entry.kiosk,
        "seq": entry.seq,
        "hash": entry.hash,
        "prev": entry.prev,
        "payload": item.payload,
    }


def progress(database: CentralDatabase, kiosk: str) -> BatchOutcome:
    """Return how far the entries of a registered kiosk are complete, as the result of an empty batch."""
    with database.transaction() as connection:
        row = connection.execute(select(kiosks).where(kiosks.c.kiosk == kiosk)).one()
        through_hash = _hash_of(connection, kiosk, row.through_seq)
        return BatchOutcome(
            kiosk, row.unit, row.through_seq, through_hash, gap=first_gap(connection, kiosk, row.through_seq)
        )


def _hash_of(connection: Connection, kiosk: str, seq: int) -> str | None:
    return connection.scalar(select(entries.c.hash).where(entries.c.kiosk == kiosk, entries.c.seq == seq))
