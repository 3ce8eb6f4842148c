"""How far the entries of a kiosk are complete, and which are missing beyond that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from central.store.tables import entries, kiosks, lost

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers from `first` to `last` that are not stored although a later one is. They are `lost` when the kiosk has
    named them as lost: they will never come."""

    first: int
    last: int
    lost: bool = False


def through(connection: Connection, kiosk: str, known: int) -> int:
    """Return the number up to which nothing is missing, at least `known`. Lost numbers do not count as missing."""
    end = known
    for first, last in _there(connection, kiosk, known):
        if first > end + 1:
            break
        end = max(end, last)
    return end


def first_gap(connection: Connection, kiosk: str, complete: int) -> Gap | None:
    """Return the first gap after `complete`, None when there is none."""
    return next(gaps(connection, kiosk, complete), None)


def gaps(connection: Connection, kiosk: str, complete: int) -> Iterator[Gap]:
    """Yield the gaps after `complete`."""
    end = complete
    for first, last in _there(connection, kiosk, complete):
        if first > end + 1:
            yield Gap(end + 1, first - 1)
        end = max(end, last)


def all_gaps(connection: Connection) -> Iterator[tuple[str, str, Gap]]:
    """Yield unit, kiosk and gap for every kiosk, lost numbers first."""
    for row in connection.execute(select(kiosks).order_by(kiosks.c.kiosk)).all():
        for gap in (*losses(connection, row.kiosk), *gaps(connection, row.kiosk, row.through_seq)):
            yield row.unit, row.kiosk, gap


def losses(connection: Connection, kiosk: str) -> Iterator[Gap]:
    """Yield what the kiosk has named as lost, without the entries that the centre has stored."""
    named = select(lost.c.first, lost.c.last).where(lost.c.kiosk == kiosk).order_by(lost.c.first)
    end = 0
    for first, last in connection.execute(named).all():
        query = select(entries.c.seq).where(entries.c.kiosk == kiosk, entries.c.seq.between(max(first, end + 1), last))
        end = max(end, first - 1)
        for seq in (*connection.execute(query.order_by(entries.c.seq)).scalars(), last + 1):
            if seq > end + 1:
                yield Gap(end + 1, seq - 1, lost=True)
            end = max(end, min(seq, last))


def _there(connection: Connection, kiosk: str, after: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of numbers beyond `after` that are stored or lost, ordered by their first number."""
    query = select(lost.c.first, lost.c.last).where(lost.c.kiosk == kiosk, lost.c.last > after).order_by(lost.c.first)
    ranges = [(row.first, row.last) for row in connection.execute(query)]
    for seq in _stored(connection, kiosk, after):
        while ranges and ranges[0][0] <= seq:
            yield ranges.pop(0)
        yield seq, seq
    yield from ranges


def _stored(connection: Connection, kiosk: str, after: int) -> Iterator[int]:
    """Yield the stored numbers beyond `after`. They are read in pages, because most callers stop at the first gap."""
    while True:
        query = select(entries.c.seq).where(entries.c.kiosk == kiosk, entries.c.seq > after)
        page = list(connection.execute(query.order_by(entries.c.seq).limit(_PAGE)).scalars())
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]
