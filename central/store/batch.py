"""Stores what proves itself, once, and keeps what does not with its reason."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select, update

from central.judge import Sound, Unsound
from central.store.database import Database
from central.store.gaps import Gap, first_gap, through
from central.store.neighbours import Neighbours
from central.store.rejects import keep
from central.store.tables import entries, kiosks


@dataclass(slots=True)
class Outcome:
    """What a batch came to for one kiosk, once it is committed."""

    kiosk: str
    unit: str
    through_seq: int = 0
    through_hash: str | None = None  # of the entry through_seq, when it is stored
    stored: list[int] = field(default_factory=list)  # and what had been stored before
    fresh: int = 0  # of those, not stored before
    refused: list[Unsound] = field(default_factory=list)
    gap: Gap | None = None


def store(database: Database, batch: Sequence[Sound | Unsound]) -> list[Outcome]:
    """Commit a batch and say what came of it, kiosk by kiosk. A repeat changes nothing.

    Raises:
        DatabaseError: nothing was stored.
    """
    return database.commit(lambda connection: _store(connection, batch))


def _store(connection: Connection, batch: Sequence[Sound | Unsound]) -> list[Outcome]:
    by_kiosk: dict[str, list[Sound]] = defaultdict(list)
    for item in batch:
        if isinstance(item, Sound):
            by_kiosk[item.entry.kiosk].append(item)
    # In one order, so that receivers side by side never wait for each other in a circle.
    outcomes = [_store_of(connection, kiosk, by_kiosk[kiosk]) for kiosk in sorted(by_kiosk)]
    refused = [item for item in batch if isinstance(item, Unsound)]
    keep(connection, [*refused, *(item for outcome in outcomes for item in outcome.refused)])
    return outcomes


def _store_of(connection: Connection, kiosk: str, batch: list[Sound]) -> Outcome:
    row = connection.execute(select(kiosks).where(kiosks.c.kiosk == kiosk).with_for_update()).one()
    outcome = Outcome(kiosk, row.unit)
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


def progress(database: Database, kiosk: str) -> Outcome:
    """How things stand with one registered kiosk."""
    with database.transaction() as connection:
        row = connection.execute(select(kiosks).where(kiosks.c.kiosk == kiosk)).one()
        through_hash = _hash_of(connection, kiosk, row.through_seq)
        return Outcome(
            kiosk, row.unit, row.through_seq, through_hash, gap=first_gap(connection, kiosk, row.through_seq)
        )


def _hash_of(connection: Connection, kiosk: str, seq: int) -> str | None:
    return connection.scalar(select(entries.c.hash).where(entries.c.kiosk == kiosk, entries.c.seq == seq))
