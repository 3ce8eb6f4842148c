"""The store of enrolled people: one SQLite file, encrypted with the device's secret. Removal erases for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError

from kiosk.people.later_shots import MOST_LATER, LaterShot
from kiosk.runtime.errors import UnknownPersonError
from kiosk.storage.sealed import SealedDatabase
from kiosk.storage.vault import DeviceSecret
from models.errors import VectorError
from models.gallery import Vector, vector_of
from sync.contract import Slug, WireModel, check_slug
from sync.errors import SealError, StoreDamaged


class Details(WireModel):
    """The agency's words about a person, or what was typed in at this kiosk.

    `nip` is only ever shown masked. `pin` is an argon2id hash in its usual text form. `schedule` names one of the
    policy's; null means its default. `officer` may enrol people at the kiosk. Neither NIP nor PIN is printed.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str
    title: Literal["Bapak", "Ibu"] | None = None
    nip: Annotated[str | None, Field(repr=False)] = None
    schedule: Slug | None = None
    pin: Annotated[str | None, Field(repr=False)] = None
    officer: bool = False

    @property
    def called(self) -> str:
        """How the screen calls the person: Ibu Siti."""
        return self.name if self.title is None else f"{self.title} {self.name}"


_UNKNOWN = "nobody with id {!r} is enrolled here; see: kiosk people list"

Origin = Literal["wall", "roster"]
"""Who enrolled a person: somebody at this kiosk, or the agency's roster."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One enrolment picture: its unit vector (d,), and the portrait as PNG, to embed it with another model; None when
    it is not kept."""

    vector: Vector
    portrait: bytes | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who is enrolled, by which model and from how many shots. `version` is that of the agency's document, 0 for
    people enrolled at the kiosk."""

    id: str
    details: Details
    model: str
    enrolled_at: datetime
    shots: int
    origin: Origin
    version: int


@dataclass(frozen=True, slots=True)
class EnrolmentStatus:
    """How a person came to be enrolled: see `Person`."""

    model: str
    shots: int
    origin: Origin
    version: int


@dataclass(frozen=True, slots=True)
class EnrolledPerson:
    """A person's name for the screen, the unit vectors (d,) of their shots, the schedule they work by (None is the
    policy's default), the shots of later visits, oldest first, and the local date of the enrolment."""

    name: str
    shots: tuple[Vector, ...]
    schedule: str | None = None
    later: tuple[LaterShot, ...] = ()
    enrolled_on: date = date.min


class People:
    """The enrolled people of one kiosk. Threads and processes may share it. Raises StoreError and its kinds."""

    def __init__(self, path: Path, secret: DeviceSecret) -> None:
        self.path = path
        self._sealed = SealedDatabase(path, resources.files("kiosk.people").joinpath("schemas"), secret)

    def __enter__(self) -> Self:
        try:
            self._sealed.open()
        except StoreDamaged as error:
            raise StoreDamaged(
                f"{error}; put a backup in its place, or move it away and enrol everybody again"
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sealed.close()

    def put(
        self,
        person: str,
        details: Details,
        model: str,
        shots: Sequence[Shot],
        at: datetime,
        origin: Origin = "wall",
        version: int = 0,
    ) -> None:
        """Enrol a person, in place of what was known of them before. ContractError for an id that is not a slug."""
        check_slug(person, "person id")
        seal = self._sealed.vault.seal
        sealed = seal("people/details", person, details.model_dump_json().encode())
        rows = []
        for number, shot in enumerate(shots, 1):
            row = f"{person}/{number}"
            portrait = None if shot.portrait is None else seal("people/portrait", row, shot.portrait)
            rows.append((person, number, seal("people/vector", row, shot.vector.astype("<f4").tobytes()), portrait))
        with self._sealed.database.writing() as connection:
            connection.execute("DELETE FROM person WHERE id = ?", (person,))
            values = (person, sealed, model, at.isoformat(), origin, version)
            connection.execute("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?)", values)
            connection.executemany("INSERT INTO shot VALUES (?, ?, ?, ?)", rows)

    def add_later(self, person: str, model: str, shot: LaterShot) -> bool:
        """Add a shot of a later visit to those of a person, whose oldest goes when there are too many.

        Returns False, and adds nothing, when the person is not enrolled by this model, or has a shot of that day.
        """
        day = shot.day.isoformat()
        sealed = self._sealed.vault.seal("people/later", f"{person}/{day}", shot.vector.astype("<f4").tobytes())
        insert = (
            "INSERT OR IGNORE INTO later_shot SELECT id, ?, ?, ? FROM person WHERE id = ? AND model = ? "
            "AND EXISTS (SELECT 1 FROM shot WHERE shot.person = person.id)"
        )
        oldest = (
            "DELETE FROM later_shot WHERE person = ?1 AND day NOT IN "
            "(SELECT day FROM later_shot WHERE person = ?1 ORDER BY day DESC LIMIT ?2)"
        )
        with self._sealed.database.writing() as connection:
            added = connection.execute(insert, (day, shot.score, sealed, person, model)).rowcount
            dropped = connection.execute(oldest, (person, MOST_LATER)).rowcount
        if dropped:
            self._sealed.database.empty_wal()
        return bool(added)

    def drop_later(self, person: str) -> int:
        """Erase the shots of a person's later visits; returns how many. UnknownPersonError when nobody has that id."""
        with self._sealed.database.writing() as connection:
            if connection.execute("SELECT 1 FROM person WHERE id = ?", (person,)).fetchone() is None:
                raise UnknownPersonError(_UNKNOWN.format(person))
            dropped = connection.execute("DELETE FROM later_shot WHERE person = ?", (person,)).rowcount
        self._sealed.database.empty_wal()
        return int(dropped)

    def later_days(self) -> dict[str, list[tuple[date, float]]]:
        """Date and score of the shots of later visits, oldest first, by person; nothing is decrypted."""
        found: dict[str, list[tuple[date, float]]] = {}
        with self._sealed.database.reading() as connection:
            for person, day, score in connection.execute("SELECT person, day, score FROM later_shot ORDER BY day"):
                found.setdefault(person, []).append((date.fromisoformat(day), score))
        return found

    def describe(self, person: str, details: Details, version: int) -> None:
        """Put the roster's details in the place of what was known of an enrolled person, who keeps the shots."""
        sealed = self._sealed.vault.seal("people/details", person, details.model_dump_json().encode())
        with self._sealed.database.writing() as connection:
            query = "UPDATE person SET details = ?, origin = 'roster', version = ? WHERE id = ?"
            connection.execute(query, (sealed, version, person))

    def amend(self, person: str, details: Details) -> None:
        """Put other details in the place of what was known of a person. UnknownPersonError when nobody has that id."""
        sealed = self._sealed.vault.seal("people/details", person, details.model_dump_json().encode())
        with self._sealed.database.writing() as connection:
            changed = connection.execute("UPDATE person SET details = ? WHERE id = ?", (sealed, person)).rowcount
        if not changed:
            raise UnknownPersonError(_UNKNOWN.format(person))
        self._sealed.database.empty_wal()

    def adopt(self, person: str) -> None:
        """Mark a person as one of the roster: the agency decides from now on when to erase them."""
        with self._sealed.database.writing() as connection:
            connection.execute("UPDATE person SET origin = 'roster' WHERE id = ?", (person,))

    def drop_portraits(self) -> None:
        """Erase the portraits of everybody who came by the roster."""
        query = (
            "UPDATE shot SET portrait = NULL WHERE portrait IS NOT NULL AND person IN "
            "(SELECT id FROM person WHERE origin = 'roster')"
        )
        with self._sealed.database.writing() as connection:
            connection.execute(query)
        self._sealed.database.empty_wal()

    def remove(self, person: str) -> int:
        """Erase a person; returns how many shots were erased. UnknownPersonError when nobody has that id."""
        with self._sealed.database.writing() as connection:
            shots = connection.execute("SELECT count(*) FROM shot WHERE person = ?", (person,)).fetchone()[0]
            if connection.execute("DELETE FROM person WHERE id = ?", (person,)).rowcount == 0:
                raise UnknownPersonError(_UNKNOWN.format(person))
        self._sealed.database.empty_wal()
        return int(shots)

    def all(self) -> list[Person]:
        """Everybody, by id. StoreDamaged names a person whose details cannot be decrypted."""
        query = (
            "SELECT p.id, p.details, p.model, p.enrolled_at, count(s.number), p.origin, p.version FROM person p "
            "LEFT JOIN shot s ON s.person = p.id GROUP BY p.id ORDER BY p.id"
        )
        with self._sealed.database.reading() as connection:
            rows = connection.execute(query).fetchall()
        return [
            Person(id_, self._details(id_, sealed), model, datetime.fromisoformat(at), shots, origin, version)
            for id_, sealed, model, at, shots, origin, version in rows
        ]

    def statuses(self) -> dict[str, EnrolmentStatus]:
        """How everybody came to be enrolled, by id; nothing is decrypted."""
        query = (
            "SELECT p.id, p.model, count(s.number), p.origin, p.version FROM person p "
            "LEFT JOIN shot s ON s.person = p.id GROUP BY p.id"
        )
        with self._sealed.database.reading() as connection:
            return {person: EnrolmentStatus(*facts) for person, *facts in connection.execute(query)}

    def enrolled(self, model: str, dimension: int) -> dict[str, EnrolledPerson]:
        """Those whose shots were embedded by `model`, of `dimension` numbers, by id. StoreDamaged names a person whose
        vectors are not of that length, or not of length 1."""
        found: dict[str, tuple[Details, date, list[Vector]]] = {}
        for person, details, at, number, sealed in self._vectors(model):
            if person not in found:
                found[person] = (self._details(person, details), datetime.fromisoformat(at).date(), [])
            vector = self._vector(person, number, sealed, dimension)
            if vector is None:
                raise StoreDamaged(
                    f"{self.path}: the templates of {person} are damaged; kiosk run makes them again from the "
                    f"portraits when it starts, else: kiosk people remove {person}, and enrol this person again"
                )
            found[person][2].append(vector)
        later = self._later(model, dimension)
        return {
            person: EnrolledPerson(details.called, tuple(vectors), details.schedule, tuple(later.get(person, ())), day)
            for person, (details, day, vectors) in found.items()
        }

    def damaged(self, model: str, dimension: int) -> set[str]:
        """Returns the ids of people whose vectors `enrolled` would refuse as damaged."""
        rows = self._vectors(model)
        return {
            person for person, _, _, number, sealed in rows if self._vector(person, number, sealed, dimension) is None
        }

    def damaged_later(self, model: str, dimension: int) -> set[str]:
        """Returns the ids of people with a shot of a later visit that `enrolled` would refuse as damaged."""
        rows = self._later_rows(model)
        return {person for person, day, _, sealed in rows if self._later_vector(person, day, sealed, dimension) is None}

    def portraits(self, person: str) -> list[bytes]:
        """The portraits a person was enrolled from, as PNG: those that were kept and are whole."""
        query = "SELECT number, portrait FROM shot WHERE person = ? AND portrait IS NOT NULL ORDER BY number"
        with self._sealed.database.reading() as connection:
            rows = connection.execute(query, (person,)).fetchall()
        found = (self._opened("people/portrait", f"{person}/{number}", sealed) for number, sealed in rows)
        return [portrait for portrait in found if portrait is not None]

    def changes(self) -> int:
        """A number that grows with every change of the store, whichever thread or process makes it or asks."""
        return self._sealed.changes()

    def _later(self, model: str, dimension: int) -> dict[str, list[LaterShot]]:
        """The shots of later visits, oldest first, of those who are enrolled by `model`."""
        found: dict[str, list[LaterShot]] = {}
        for person, day, score, sealed in self._later_rows(model):
            vector = self._later_vector(person, day, sealed, dimension)
            if vector is None:
                raise StoreDamaged(
                    f"{self.path}: a shot of a later visit of {person} is damaged; kiosk run drops it when it starts, "
                    f"else: kiosk people drop-later {person}"
                )
            found.setdefault(person, []).append(LaterShot(vector, date.fromisoformat(day), score))
        return found

    def _later_rows(self, model: str) -> list[tuple[str, str, float, bytes]]:
        query = (
            "SELECT l.person, l.day, l.score, l.vector FROM later_shot l JOIN person p ON p.id = l.person "
            "WHERE p.model = ? ORDER BY l.person, l.day"
        )
        with self._sealed.database.reading() as connection:
            return connection.execute(query, (model,)).fetchall()

    def _later_vector(self, person: str, day: str, sealed: bytes, dimension: int) -> Vector | None:
        return _unit_vector(self._opened("people/later", f"{person}/{day}", sealed), dimension)

    def _vectors(self, model: str) -> list[tuple[str, bytes, str, int, bytes]]:
        query = (
            "SELECT p.id, p.details, p.enrolled_at, s.number, s.vector FROM person p JOIN shot s ON s.person = p.id "
            "WHERE p.model = ? ORDER BY p.id, s.number"
        )
        with self._sealed.database.reading() as connection:
            return connection.execute(query, (model,)).fetchall()

    def _details(self, person: str, sealed: bytes) -> Details:
        try:
            return Details.model_validate_json(self._sealed.vault.open("people/details", person, sealed))
        except (SealError, ValidationError):
            raise StoreDamaged(
                f"{self.path}: the details of {person} are damaged; run: kiosk people remove {person}, and enrol this "
                "person again"
            ) from None

    def _vector(self, person: str, number: int, sealed: bytes, dimension: int) -> Vector | None:
        """The unit vector (dimension,) of a shot, or None when it is damaged."""
        return _unit_vector(self._opened("people/vector", f"{person}/{number}", sealed), dimension)

    def _opened(self, purpose: str, row: str, sealed: bytes) -> bytes | None:
        try:
            return self._sealed.vault.open(purpose, row, sealed)
        except SealError:  # damage, which the callers tell of
            return None


def _unit_vector(plain: bytes | None, dimension: int) -> Vector | None:
    try:
        return None if plain is None else vector_of(plain, dimension)
    except VectorError:  # damage, which the callers report
        return None
