"""What kiosks are given: the newest of each document, its version, and whether a broker has it."""

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
    """A document, without what is in it. `withdrawn` is a person who was removed: the payload is empty."""

    kind: str
    about: str
    version: int
    withdrawn: bool


def content_of(values: Document) -> str:
    """The digest by which a document is known to have changed."""
    return hashlib.sha256(canonical(values)).hexdigest()


class UnitDocuments:
    """The documents of one unit, inside a transaction that has them alone."""

    def __init__(self, connection: Connection, unit: str) -> None:
        alone(connection, f"documents of {unit}")
        self._connection = connection
        self._unit = unit
        self._own = documents.c.unit == unit

    def put(self, kind: Kind, about: str, content: str, now: datetime, make: Callable[[int], bytes]) -> int:
        """Keep what `make` gives for a new version, unless the content is what it was; the version that now holds.

        Versions are the seconds of `now`, or one more than the last: they grow even when this database was lost.
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
        """Empty a person's document. Its version stays, for one who comes back."""
        self._change("person", person, {"content": "", "payload": b"", "published": False})

    def named(self, kinds: Collection[str], *, pending: bool = False) -> list[Named]:
        """The documents of these kinds; only those that no broker has, when they are `pending`."""
        columns = (documents.c.kind, documents.c.about, documents.c.version, documents.c.content)
        query = select(*columns).where(self._own, documents.c.kind.in_(kinds)).order_by(documents.c.about)
        if pending:
            query = query.where(documents.c.published == false())
        rows = self._connection.execute(query)
        return [Named(row.kind, row.about, row.version, withdrawn=not row.content) for row in rows]

    def payload(self, kind: str, about: str) -> bytes:
        """What is published of a document; nothing when there is none, or it was withdrawn."""
        return self._connection.scalar(select(documents.c.payload).where(*self._about(kind, about))) or b""

    def mark_published(self, taken: Iterable[Named]) -> None:
        """A broker has these versions."""
        for document in taken:
            # One that was withdrawn has the version of what it was.
            same = (documents.c.content == "") if document.withdrawn else (documents.c.content != "")
            where = (*self._about(document.kind, document.about), documents.c.version == document.version, same)
            self._connection.execute(update(documents).where(*where).values(published=true()))

    def forget_published(self, kinds: Collection[str]) -> None:
        """No broker has any of them any more."""
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
