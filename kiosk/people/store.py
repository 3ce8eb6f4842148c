"""The store of enrolled people: one SQLite file, erased for good on removal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from kiosk.errors import UnknownPersonError
from models.gallery import Vector
from sync.contract import check_slug
from sync.errors import StoreDamaged
from sync.store.database import Database

# How far from 1 the length of a stored vector may be: float32 leaves 1e-6, damage much more.
_LENGTH_OFF = 1e-3


@dataclass(frozen=True, slots=True)
class Shot:
    """One enrolment picture: its unit vector (d,), and the portrait as PNG, to embed it with another model."""

    vector: Vector
    portrait: bytes


@dataclass(frozen=True, slots=True)
class Person:
    """Who is enrolled, by which model and from how many shots."""

    id: str
    name: str
    model: str
    enrolled_at: datetime
    shots: int


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person's name for the screen, the unit vectors (d,) of their shots, and the schedule they work by; None is the
    policy's default."""

    name: str
    shots: tuple[Vector, ...]
    schedule: str | None = None


class People:
    """The enrolled people of one kiosk. Threads and processes may share it. Raises StoreError and its kinds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._database = Database(path, resources.files("kiosk.people").joinpath("schemas"))

    def __enter__(self) -> Self:
        try:
            self._database.check()
            self._database.migrate()
        except StoreDamaged as error:
            raise StoreDamaged(
                f"{error}; put a backup in its place, or move it away and enrol everybody again"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def put(self, person: str, name: str, model: str, shots: Sequence[Shot], at: datetime) -> None:
        """Enrol a person, in place of what was known of them before. ContractError for an id that is not a slug."""
        check_slug(person, "person id")
        rows = [(person, shot.vector.astype("<f4").tobytes(), shot.portrait) for shot in shots]
        with self._database.writing() as connection:
            connection.execute("DELETE FROM person WHERE id = ?", (person,))
            connection.execute("INSERT INTO person VALUES (?, ?, ?, ?)", (person, name, model, at.isoformat()))
            connection.executemany("INSERT INTO shot (person, vector, portrait) VALUES (?, ?, ?)", rows)

    def remove(self, person: str) -> int:
        """Erase a person; how many shots went. UnknownPersonError when nobody has that id."""
        with self._database.writing() as connection:
            shots = connection.execute("SELECT count(*) FROM shot WHERE person = ?", (person,)).fetchone()[0]
            if connection.execute("DELETE FROM person WHERE id = ?", (person,)).rowcount == 0:
                raise UnknownPersonError(f"nobody with id {person!r} is enrolled here; see: kiosk people list")
        return int(shots)

    def all(self) -> list[Person]:
        """Everybody, by id."""
        query = (
            "SELECT p.id, p.name, p.model, p.enrolled_at, count(s.id) FROM person p "
            "LEFT JOIN shot s ON s.person = p.id GROUP BY p.id ORDER BY p.id"
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).fetchall()
        return [Person(id_, name, model, datetime.fromisoformat(at), shots) for id_, name, model, at, shots in rows]

    def enrolled(self, model: str, dimension: int) -> dict[str, Enrolled]:
        """Those whose shots were embedded by `model`, of `dimension` numbers, by id. StoreDamaged names a person whose
        vectors are not of that length, or not of length 1."""
        found: dict[str, tuple[str, list[Vector]]] = {}
        for person, name, blob in self._vectors(model):
            vector = _decoded(blob, dimension)
            if vector is None:
                raise StoreDamaged(
                    f"{self.path}: the templates of {person} are damaged; kiosk run makes them again from the "
                    f"portraits when it starts, else: kiosk people remove {person}, and enrol this person again"
                )
            found.setdefault(person, (name, []))[1].append(vector)
        return {person: Enrolled(name, tuple(vectors)) for person, (name, vectors) in found.items()}

    def damaged(self, model: str, dimension: int) -> set[str]:
        """Whom `enrolled` would refuse."""
        return {person for person, _, blob in self._vectors(model) if _decoded(blob, dimension) is None}

    def portraits(self, person: str) -> list[bytes]:
        """The portraits a person was enrolled from, as PNG."""
        query = "SELECT portrait FROM shot WHERE person = ? ORDER BY id"
        with self._database.reading() as connection:
            return [row[0] for row in connection.execute(query, (person,))]

    def version(self) -> int:
        """A number that changes when another process or thread has changed the store."""
        with self._database.reading() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def _vectors(self, model: str) -> list[tuple[str, str, bytes]]:
        query = (
            "SELECT p.id, p.name, s.vector FROM person p JOIN shot s ON s.person = p.id WHERE p.model = ? "
            "ORDER BY p.id, s.id"
        )
        with self._database.reading() as connection:
            return connection.execute(query, (model,)).fetchall()


def _decoded(blob: bytes, dimension: int) -> Vector | None:
    """The unit vector (dimension,) that a blob holds, or None when it holds none."""
    if len(blob) != 4 * dimension:
        return None
    vector = np.frombuffer(blob, "<f4").astype(np.float32)
    return vector if abs(float(np.linalg.norm(vector)) - 1) < _LENGTH_OFF else None
