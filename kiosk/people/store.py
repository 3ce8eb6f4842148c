"""The store of enrolled people: one SQLite file, encrypted with the device's secret. Removal erases for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError

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
    """A person's name for the screen, the unit vectors (d,) of their shots, and the schedule they work by; None is the
    policy's default."""

    name: str
    shots: tuple[Vector, ...]
    schedule: str | None = None


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
        found: dict[str, tuple[Details, list[Vector]]] = {}
        for person, details, number, sealed in self._vectors(model):
            if person not in found:
                found[person] = (self._details(person, details), [])
            vector = self._vector(person, number, sealed, dimension)
            if vector is None:
                raise StoreDamaged(
                    f"{self.path}: the templates of {person} are damaged; kiosk run makes them again from the "
                    f"portraits when it starts, else: kiosk people remove {person}, and enrol this person again"
                )
            found[person][1].append(vector)
        return {
            person: EnrolledPerson(details.called, tuple(vectors), details.schedule)
            for person, (details, vectors) in found.items()
        }

    def damaged(self, model: str, dimension: int) -> set[str]:
        """Returns the ids of people whose vectors `enrolled` would refuse as damaged."""
        rows = self._vectors(model)
        return {person for person, _, number, sealed in rows if self._vector(person, number, sealed, dimension) is None}

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

    def _vectors(self, model: str) -> list[tuple[str, bytes, int, bytes]]:
        query = (
            "SELECT p.id, p.details, s.number, s.vector FROM person p JOIN shot s ON s.person = p.id "
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
        plain = self._opened("people/vector", f"{person}/{number}", sealed)
        try:
            return None if plain is None else vector_of(plain, dimension)
        except VectorError:  # damage, which the callers report
            return None

    def _opened(self, purpose: str, row: str, sealed: bytes) -> bytes | None:
        try:
            return self._sealed.vault.open(purpose, row, sealed)
        except SealError:  # damage, which the callers tell of
            return None
