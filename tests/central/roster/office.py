"""A unit with three people, whose roster is pushed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from PIL import Image

from central.documents.publishing import publish_pending
from central.keys import AgencyKeys
from central.roster.push import OfficeRoster, PushReport, keep_roster, read_roster
from central.store.database import CentralDatabase
from central.store.documents import ROSTER, UnitDocuments
from kiosk.lab.demo.broker import Broker
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.envelope import read_signed
from sync.documents.roster import MANIFEST, PERSON, PersonDetails, PersonDocument, RosterManifest, open_details
from tests.sync.helpers import AT, UNIT, settings

HEAD = "nama;nip;sapaan;nomor internal\n"
SITI, BUDI, JOKO = "Siti;198802292014032903;Ibu;\n", "Budi;199105052024211907;Bapak;\n", "Joko;;;TK-1\n"


@dataclass(slots=True)
class Office:
    """A unit whose roster is pushed; the clock advances by a second with each push."""

    folder: Path
    database: CentralDatabase
    keys: AgencyKeys
    now: datetime = AT
    photos: Path | None = None

    def push(self, *lines: str, ids: Sequence[str] = ()) -> PushReport:
        text = HEAD + "".join(lines)
        if ids:
            text = "\n".join(map(";".join, zip(["id", *ids], text.splitlines(), strict=True)))
        (self.folder / "roster.csv").write_text(text, "utf-8")
        self.now += timedelta(seconds=1)
        return keep_roster(self.database, UNIT, self.read(), self.keys.agency(), self.keys.unit(UNIT), self.now)

    def read(self) -> OfficeRoster:
        """Read the file of the last push, and the photos, again."""
        file = self.folder / "roster.csv"
        return read_roster(self.database, UNIT, self.keys.unit(UNIT), file, self.photos, self.now)

    def publish(self, broker: Broker) -> int:
        return publish_pending(self.database, UNIT, ROSTER, settings(broker), DEFAULT_ROOT)

    def payload(self, kind: str, about: str) -> bytes:
        with self.database.transaction() as connection:
            return UnitDocuments(connection, UNIT).payload(kind, about)

    def manifest(self) -> RosterManifest:
        return read_signed(self.payload("roster", UNIT), MANIFEST, self.keys.agency().public)

    def person(self, person: str) -> tuple[PersonDocument, PersonDetails]:
        document = read_signed(self.payload("person", person), PERSON, self.keys.agency().public)
        return document, open_details(document, self.keys.unit(UNIT))

    def people(self) -> dict[str, tuple[PersonDocument, PersonDetails]]:
        """Return everybody in the manifest, by name."""
        found = [self.person(person) for person in self.manifest().people]
        return {details.name: (document, details) for document, details in found}


def photo(file: Path, size: tuple[int, int] = (900, 600), **how: object) -> Path:
    """Return a photo whose left half is red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    image.save(file, **how)  # type: ignore[arg-type]
    return file
