"""The store of documents: the newest accepted version of each, as it was signed, encrypted with the device's secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from kiosk.storage.sealed import SealedDatabase
from kiosk.storage.vault import DeviceSecret
from sync.errors import SealError, StoreDamaged

Kind = Literal["roster", "person", "policy", "command"]

_PURPOSE = "documents/payload"

_TOLD: Final = 20_000
"""How many told refusals are remembered, the newest ones: more than the documents that an agency signs in years."""


@dataclass(frozen=True, slots=True)
class Held:
    """A stored document. `payload` is None once it is no longer needed, and when it is `damaged`."""

    version: int
    digest: str
    payload: bytes | None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """The newest version that was put into force; for a roster, also the versions of the people it names."""

    version: int = 0
    people: Mapping[str, int] = field(default_factory=dict)


class Documents:
    """The documents of one kiosk. Threads and processes may share it. Every method may raise StoreError."""

    def __init__(self, path: Path, secret: DeviceSecret) -> None:
        self.path = path
        self._sealed = SealedDatabase(path, resources.files("kiosk.agency").joinpath("schemas"), secret)

    def __enter__(self) -> Self:
        try:
            self._sealed.open()
        except StoreDamaged as error:
            raise StoreDamaged(
                f"{error}; move it away: roster and policy come again from the broker, or from a USB stick"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sealed.close()

    def held(self, kind: Kind, about: str = "") -> Held | None:
        """Returns the stored document of a kind, about a person if it is of one; None when none ever came."""
        query = "SELECT version, digest, payload FROM document WHERE kind = ? AND about = ?"
        with self._sealed.database.reading() as connection:
            row = connection.execute(query, (kind, about)).fetchone()
        if row is None:
            return None
        version, digest, sealed = row
        try:
            payload = None if sealed is None else self._sealed.vault.open(_PURPOSE, _row(kind, about, version), sealed)
        except SealError:
            return Held(version, digest, None, damaged=True)
        return Held(version, digest, payload)

    def put(self, kind: Kind, version: int, digest: str, payload: bytes | None, about: str = "") -> None:
        """Stores a document in place of an older one, unless another process has stored a newer one meanwhile."""
        sealed = None if payload is None else self._sealed.vault.seal(_PURPOSE, _row(kind, about, version), payload)
        query = (
            "INSERT INTO document VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, "
            "digest = excluded.digest, payload = excluded.payload "
            "WHERE excluded.version > version OR (excluded.version, excluded.digest) = (version, digest)"
        )
        with self._sealed.database.writing() as connection:
            values = (kind, about, version, digest, sealed)
            connection.execute(query, values)

    def erase_payload(self, person: str, version: int) -> None:
        """Erases the payload of this version of a person's document. That it came stays known."""
        query = "UPDATE document SET payload = NULL WHERE kind = 'person' AND about = ? AND version = ?"
        with self._sealed.database.writing() as connection:
            connection.execute(query, (person, version))
        self._sealed.database.empty_wal()

    def forget(self, person: str) -> None:
        """Erases everything about a person's document, its refusals included."""
        with self._sealed.database.writing() as connection:
            connection.execute("DELETE FROM refusal WHERE document = 'person' AND about = ?", (person,))
            connection.execute("DELETE FROM document WHERE kind = 'person' AND about = ?", (person,))
        self._sealed.database.empty_wal()

    def waiting(self) -> dict[str, int]:
        """Returns the people whose documents are stored and not put into force yet, with the versions."""
        query = "SELECT about, version FROM document WHERE kind = 'person' AND payload IS NOT NULL ORDER BY about"
        with self._sealed.database.reading() as connection:
            return dict(connection.execute(query))

    def people(self) -> list[str]:
        """Returns everybody whose document came and was not erased by `forget`."""
        with self._sealed.database.reading() as connection:
            return [row[0] for row in connection.execute("SELECT about FROM document WHERE kind = 'person'")]

    def applied(self, kind: Kind) -> Applied:
        """Returns what was put into force; version 0 for nothing."""
        with self._sealed.database.reading() as connection:
            row = connection.execute("SELECT version, people FROM applied WHERE kind = ?", (kind,)).fetchone()
        return Applied() if row is None else Applied(row[0], json.loads(row[1]))

    def apply(self, kind: Kind, applied: Applied) -> None:
        """Stores what is in force now."""
        values = (kind, applied.version, json.dumps(dict(applied.people)))
        with self._sealed.database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO applied VALUES (?, ?, ?)", values)

    def told(self, document: str, about: str, version: int, reason: str) -> bool:
        """Returns whether an event has told of such a refusal."""
        query = "SELECT 1 FROM refusal WHERE (document, about, version, reason) = (?, ?, ?, ?)"
        with self._sealed.database.reading() as connection:
            return connection.execute(query, (document, about, version, reason)).fetchone() is not None

    def tell(self, document: str, about: str, version: int, reason: str) -> None:
        """Stores that an event has told of such a refusal."""
        with self._sealed.database.writing() as connection:
            connection.execute("INSERT OR IGNORE INTO refusal VALUES (?, ?, ?, ?)", (document, about, version, reason))
            connection.execute("DELETE FROM refusal WHERE rowid <= (SELECT max(rowid) FROM refusal) - ?", (_TOLD,))

    def changes(self) -> int:
        """Returns a number that grows with every change of a document by any thread or process."""
        return self._sealed.changes()


def _row(kind: Kind, about: str, version: int) -> str:
    return f"{kind}/{about}/{version}"
