"""Pushes an office's roster: reads it, checks it as a whole, compares it with the stored one, and stores it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select

from central.roster.people import Known, RosterPerson, check_rows, identify
from central.roster.photos import EMPTY, read_album
from central.roster.sheet import RosterError, RosterFinding, read_sheet
from central.store.database import CentralDatabase
from central.store.documents import UnitDocuments, content_of
from central.store.tables import people
from sync.documents.envelope import sign
from sync.documents.policy import POLICY
from sync.documents.roster import PERSON, PersonDetails, PersonDocument, RosterManifest, open_details, seal_details
from sync.documents.sealing import Opener
from sync.errors import SealError
from sync.signing import SigningKey


def known_people(connection: Connection, unit: str) -> list[Known]:
    """Return everybody whom a roster of the unit ever named, by name."""
    query = select(people.c.person, people.c.name, people.c.nip, people.c.number).where(people.c.unit == unit)
    rows = connection.execute(query.order_by(people.c.name))
    return [Known(row.person, row.name, row.nip, row.number) for row in rows]


def units_with_people(connection: Connection) -> list[str]:
    """Return the units that ever had a roster."""
    return list(connection.scalars(select(people.c.unit).distinct().order_by(people.c.unit)))


def keep_people(connection: Connection, unit: str, named: Sequence[Known]) -> None:
    """Store whom a roster names. A NIP or number that it leaves out stays known, unless another person has it now."""
    before = {person.id: person for person in known_people(connection, unit)}
    nips, numbers = {person.nip for person in named}, {person.number for person in named}

    def row(person: Known) -> dict[str, str | None]:
        old = before.get(person.id, person)
        nip = person.nip or (None if old.nip in nips else old.nip)
        number = person.number or (None if old.number in numbers else old.number)
        return {"unit": unit, "person": person.id, "name": person.name, "nip": nip, "number": number}

    absent = [Known(old.id, old.name) for old in before.values() if old.id not in {person.id for person in named}]
    # All rows are deleted first, because two people may have exchanged their numbers.
    connection.execute(delete(people).where(people.c.unit == unit))
    connection.execute(insert(people), [row(person) for person in [*named, *absent]])


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes documents that the agency signs; those of people are sealed to the unit's key."""

    unit: str
    agency: SigningKey
    opener: Opener
    now: datetime

    def content(self, details: PersonDetails) -> str:
        """Return a digest of all that a person's document depends on. When it changes, a new document is made."""
        keys = {"signed_by": self.agency.public.text, "sealed_to": self.opener.public.text}
        return content_of({"details": details.model_dump(mode="json"), **keys})

    def put(self, documents: UnitDocuments, person: str, details: PersonDetails, content: str) -> int:
        """Store a person's document unless it is unchanged, and return the current version."""
        return documents.put("person", person, content, self.now, partial(self._person, person, details))

    def put_manifest(self, documents: UnitDocuments, versions: Mapping[str, int]) -> int:
        """Store the manifest that names these people and versions, and return its version."""
        content = content_of({"people": dict(versions), "signed_by": self.agency.public.text})
        return documents.put("roster", self.unit, content, self.now, partial(self._manifest, dict(versions)))

    def _person(self, person: str, details: PersonDetails, version: int) -> bytes:
        sealed = seal_details(details, self.unit, person, version, self.opener.public)
        document = PersonDocument(unit=self.unit, version=version, at=self.now, person=person, sealed=sealed)
        return sign(document, self.agency)

    def _manifest(self, versions: dict[str, int], version: int) -> bytes:
        manifest = RosterManifest(unit=self.unit, version=version, at=self.now, people=versions)
        return sign(manifest, self.agency)


def opened_details(payload: bytes, opener: Opener) -> PersonDetails | None:
    """Return what a person's document says, None for the empty payload of a person who was withdrawn.

    Raises:
        SealError: the document was sealed to another key.
    """
    return open_details(PERSON.validate_json(payload), opener) if payload else None


_FEW, _PART = 5, 0.2
"""A roster may leave out this many people, or this fraction of the unit, without `--although-fewer`."""


@dataclass(frozen=True, slots=True)
class OfficeRoster:
    """A roster without problems. `notes` are for the person who pushes it."""

    people: tuple[tuple[RosterPerson, PersonDetails], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PushReport:
    """What a push changed, in numbers of people. `version` is the manifest's."""

    version: int
    people: int
    changed: int
    removed: int


def read_roster(
    database: CentralDatabase, unit: str, opener: Opener, file: Path, photos: Path | None, now: datetime
) -> OfficeRoster:
    """Read and check a file and a folder of photos. Nothing is stored yet.

    People without a new photo keep those of the last push, which the unit's `opener` opens. Everybody keeps their PIN.

    Raises:
        RosterError: the roster has problems; the message names each with its line.
    """
    sheet = read_sheet(file)
    if not sheet.rows:
        raise RosterError(f"{file.name} names nobody: such a roster would erase everybody")
    checked = check_rows(sheet.rows, now.date())
    with database.transaction() as connection:
        found = identify(checked.people, known_people(connection, unit))
    album = EMPTY if photos is None else read_album(photos, found.people)
    problems = [*checked.problems, *found.problems, *album.problems]
    warnings = [*checked.warnings, *found.warnings, *_unscheduled(database, unit, found.people)]
    people = []
    for person in found.people:
        photographed = album.photos.get(person.id, ())
        try:
            earlier = _earlier(database, unit, person, opener)
        except SealError:
            earlier, into, lost = None, warnings if photographed else problems, "PIN" if photographed else "photos"
            into.append(RosterFinding(person.line, f"the last push was sealed to another key: give the {lost} again"))
        people.append((person, _details(person, photographed, earlier)))
    if problems:
        raise RosterError.of(file, problems)
    return OfficeRoster(tuple(people), tuple(_notes(sheet.unknown, warnings, album.strays, people)))


def check_leavers(database: CentralDatabase, unit: str, roster: OfficeRoster) -> None:
    """Raise `RosterError` when a roster would erase so many people at the kiosks that it is probably the wrong file."""
    with database.transaction() as connection:
        before = {item.about for item in UnitDocuments(connection, unit).named(["person"]) if not item.withdrawn}
    gone = before - {person.id for person, _ in roster.people}
    if len(gone) > max(_FEW, len(before) * _PART):
        raise RosterError(
            f"this file would erase {len(gone)} of the {len(before)} people of {unit}: nothing is pushed; "
            "give --although-fewer if that is meant"
        )


def keep_roster(
    database: CentralDatabase, unit: str, roster: OfficeRoster, agency: SigningKey, opener: Opener, now: datetime
) -> PushReport:
    """Store the documents of a roster in one transaction. People who are not in it are withdrawn."""
    maker = Maker(unit, agency, opener, now)
    contents = {person.id: maker.content(details) for person, details in roster.people}
    with database.transaction() as connection:
        return _keep(connection, maker, roster, contents)


def _keep(connection: Connection, maker: Maker, roster: OfficeRoster, contents: Mapping[str, str]) -> PushReport:
    documents = UnitDocuments(connection, maker.unit)
    before = {item.about: item.version for item in documents.named(["person"]) if not item.withdrawn}
    versions = {
        person.id: maker.put(documents, person.id, details, contents[person.id]) for person, details in roster.people
    }
    for gone in before.keys() - versions.keys():
        documents.withdraw(gone)
    keep_people(connection, maker.unit, [Known(p.id, p.name, p.nip, p.number) for p, _ in roster.people])
    return PushReport(
        version=maker.put_manifest(documents, versions),
        people=len(versions),
        changed=sum(before.get(person) != version for person, version in versions.items()),
        removed=len(before.keys() - versions.keys()),
    )


def _earlier(database: CentralDatabase, unit: str, person: RosterPerson, opener: Opener) -> PersonDetails | None:
    """Return what the last push said of a person, None without one. Raises SealError when it cannot be opened."""
    with database.transaction() as connection:
        payload = UnitDocuments(connection, unit).payload("person", person.id)
    return opened_details(payload, opener)


def _unscheduled(database: CentralDatabase, unit: str, people: Iterable[RosterPerson]) -> list[RosterFinding]:
    """Return a warning for each person whose schedule the unit's policy does not have. Without a policy there is
    none."""
    with database.transaction() as connection:
        payload = UnitDocuments(connection, unit).payload("policy", unit)
    if not payload:
        return []
    known = POLICY.validate_json(payload).schedules
    named = [person for person in people if person.schedule is not None and person.schedule not in known]
    told = "the unit's policy has no schedule {}: its default will hold"
    return [RosterFinding(person.line, told.format(person.schedule)) for person in named]


def _details(person: RosterPerson, photographed: Sequence[str], earlier: PersonDetails | None) -> PersonDetails:
    """Return the details of the file and its photos; PIN and missing photos come from the earlier document."""
    kept = earlier or PersonDetails(name=person.name)
    return PersonDetails(
        name=person.name,
        title=person.title,
        nip=person.nip,
        schedule=person.schedule,
        photos=tuple(photographed) or kept.photos,
        pin=kept.pin,
        officer=person.officer,
    )


def _notes(
    unknown: Sequence[str],
    warnings: Sequence[RosterFinding],
    strays: Sequence[str],
    people: Sequence[tuple[RosterPerson, PersonDetails]],
) -> Iterator[str]:
    if unknown:
        yield f"columns that are not used: {', '.join(unknown)}"
    yield from map(str, sorted(warnings))
    if strays:
        yield f"photos of nobody in the file: {', '.join(strays)}"
    if faceless := [str(person.line) for person, details in people if not details.photos]:
        yield f"without a photo, so to be enrolled at the kiosk: line {', '.join(faceless)}"
