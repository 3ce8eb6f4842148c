"""The table of refused messages: each once, with the reason and how often it came."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from central.judge import Unsound
from central.store.tables import rejected

_MOST: Final = 1000
"""Rows kept for each problem, the newest, so that a flood of bad messages cannot fill the disk. Older ones are only
counted, in one row."""

_KEPT_BYTES: Final = 4096
_REST: Final = ("", "")
"""Topic and payload digest of the row that counts the messages whose rows were deleted."""


def keep(connection: Connection, unsound: Iterable[Unsound]) -> None:
    """Insert each refused message, or count it when it is in the table."""
    for (problem, topic, sha256), items in _together(unsound).items():
        if not _counted(connection, problem, topic, sha256, len(items)):
            count = connection.scalar(select(func.count()).where(rejected.c.problem == problem)) or 0
            _add(connection, items[0], topic, sha256, len(items))
            if count >= _MOST:
                _forget_oldest(connection, items[0])


def tally(connection: Connection) -> Counter[str]:
    """Return how many messages were refused, by problem."""
    query = select(rejected.c.problem, func.sum(rejected.c.times)).group_by(rejected.c.problem)
    return Counter({problem: int(times) for problem, times in connection.execute(query)})


def _together(unsound: Iterable[Unsound]) -> dict[tuple[str, str, str], list[Unsound]]:
    groups: dict[tuple[str, str, str], list[Unsound]] = {}
    for item in unsound:
        groups.setdefault((item.problem, _storable(item.topic, 400), item.sha256), []).append(item)
    return groups


def _counted(connection: Connection, problem: str, topic: str, sha256: str, times: int) -> bool:
    where = (rejected.c.problem == problem, rejected.c.topic == topic, rejected.c.sha256 == sha256)
    done = connection.execute(update(rejected).where(*where).values(times=rejected.c.times + times))
    return done.rowcount > 0


def _forget_oldest(connection: Connection, item: Unsound) -> None:
    """Delete the oldest row of this item's problem, and add its number to the row that counts."""
    rows = rejected.alias()
    oldest = select(func.min(rows.c.id)).where(rows.c.problem == item.problem, rows.c.sha256 != "").scalar_subquery()
    times = connection.scalar(delete(rejected).where(rejected.c.id == oldest).returning(rejected.c.times))
    if times is not None and not _counted(connection, item.problem, *_REST, times):
        _add(connection, replace(item, reason="older ones, kept no more", seq=None), *_REST, times)


def _add(connection: Connection, item: Unsound, topic: str, sha256: str, times: int) -> None:
    row = {
        "problem": item.problem,
        "topic": topic,
        "sha256": sha256,
        "seq": item.seq,
        "reason": _storable(item.reason, 300),
        "first_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "times": times,
        "payload": item.payload[:_KEPT_BYTES] if sha256 else b"",
    }
    connection.execute(insert(rejected).values(row))


def _storable(text: str, most: int) -> str:
    """Return at most `most` characters without NUL and lone surrogates, which PostgreSQL does not accept in text."""
    return text[:most].encode("utf-8", "replace").decode().replace("\0", "?")
