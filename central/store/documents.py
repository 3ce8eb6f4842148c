"""The documents for kiosks: the newest of each, its version, and whether a broker has it."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, false, insert, select, true, update

from central.store.database import alone
from central.store.tables import documents
from sync.canonical import Document, canonical

Kind = Literal["roster", "person", "policy"]

ROSTER: Final = ("person", "roster")
POLICY: Final = ("policy",)


@dataclass(frozen=True, slots=True)
class Named:
    """A document without its payload. It is `withdrawn` when its person was removed; the payload is then empty."""

    kind: str
    about: str
    version: int
    withdrawn: bool


def content_of(values: Document) -> str:
    """Return the SHA-256 by which a changed document is recognised."""
    return hashlib.sha256(canonical(values)).hexdigest()


class UnitDocuments:
    """The documents of one unit, inside a transaction that holds their lock."""

    def __init__(self, connection: Connection, unit: str) -> None:
        alone(connection, f"documents of {unit}")
        self._connection = connection
        self._unit = unit
        self._own = documents.c.unit == unit

    def put(self, kind: Kind, about: str, content: str, now: datetime, make: Callable[[int], bytes]) -> int:
        """Store what `make(version)` returns as a new version, unless `content` is unchanged. Returns the current
        version.

        A version is the seconds of `now` since 1970, or one more than the last. So versions grow even when the database
        was lost.
        """
        found = self._row(kind, about)
        if found is not None and found[1] == content:
            return found[0]
        version = max(int(now.timestamp()), found[0] + 1 if found else 1)
        values = {"version": version, "content": content, "payload": make(version), "published": False}
        if found is None:
            row = {"unit": self._unit, "kind": kind, "about": about, **values}
            self._connection.execute(insert(documents).values(row))
        else:
            self._change(kind, about, values)
        return version

    def withdraw(self, person: str) -> None:
        """Empty a person's document. Its version stays, so that a person who comes back gets a higher one."""
        self._change("person", person, {"content": "", "payload": b"", "published": False})

    def named(self, kinds: Collection[str], *, pending: bool = False) -> list[Named]:
        """Return the documents of these kinds; with `pending`, only those that no broker has."""
        columns = (documents.c.kind, documents.c.about, documents.c.version, documents.c.content)
        query = select(*columns).where(self._own, documents.c.kind.in_(kinds)).order_by(documents.c.about)
        if pending:
            query = query.where(documents.c.published == false())
        rows = self._connection.execute(query)
        return [Named(row.kind, row.about, row.version, withdrawn=not row.content) for row in rows]

    def payload(self, kind: str, about: str) -> bytes:
        """Return the payload that is published, empty when there is no document or it was withdrawn."""
        return self._connection.scalar(select(documents.c.payload).where(*self._about(kind, about))) or b""

    def mark_published(self, taken: Iterable[Named]) -> None:
        """Note that a broker has these versions."""
        for document in taken:
            # A withdrawn document keeps its version, so the version alone does not tell the two apart.
            same = (documents.c.content == "") if document.withdrawn else (documents.c.content != "")
            where = (*self._about(document.kind, document.about), documents.c.version == document.version, same)
            self._connection.execute(update(documents).where(*where).values(published=true()))

    def forget_published(self, kinds: Collection[str]) -> None:
        """Note that no broker has the documents of these kinds any more."""
        where = (self._own, documents.c.kind.in_(kinds))
        self._connection.execute(update(documents).where(*where).values(published=false()))

    def _row(self, kind: str, about: str) -> tuple[int, str] | None:
        query = select(documents.c.version, documents.c.content).where(*self._about(kind, about))
        found = self._connection.execute(query).first()
        return None if found is None else (found.version, found.content)

    def _change(self, kind: str, about: str, values: dict[str, object]) -> None:
        self._connection.execute(update(documents).where(*self._about(kind, about)).values(values))

    def _about(self, kind: str, about: str) -> tuple[ColumnElement[bool], ...]:
        return self._own, documents.c.kind == kind, documents.c.about == about
