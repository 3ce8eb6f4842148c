"""Makes the documents of a roster, and opens again what was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from central.store.documents import Shelf, content_of
from sync.documents.envelope import sign
from sync.documents.roster import PERSON, PersonDetails, PersonDocument, RosterManifest, open_details, seal_details
from sync.documents.sealing import Opener
from sync.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes documents that are signed by the agency, and sealed to whoever has the unit's key."""

    unit: str
    agency: SigningKey
    opener: Opener
    now: datetime

    def content(self, details: PersonDetails) -> str:
        """What tells whether a person's document has to be made anew."""
        keys = {"signed_by": self.agency.public.text, "sealed_to": self.opener.public.text}
        return content_of({"details": details.model_dump(mode="json"), **keys})

    def put(self, shelf: Shelf, person: str, details: PersonDetails, content: str) -> int:
        """A person's document; the version that holds."""
        return shelf.put("person", person, content, self.now, partial(self._person, person, details))

    def put_manifest(self, shelf: Shelf, versions: Mapping[str, int]) -> int:
        """The manifest that names them."""
        content = content_of({"people": dict(versions), "signed_by": self.agency.public.text})
        return shelf.put("roster", self.unit, content, self.now, partial(self._manifest, dict(versions)))

    def _person(self, person: str, details: PersonDetails, version: int) -> bytes:
        sealed = seal_details(details, self.unit, person, version, self.opener.public)
        document = PersonDocument(unit=self.unit, version=version, at=self.now, person=person, sealed=sealed)
        return sign(document, self.agency)

    def _manifest(self, versions: dict[str, int], version: int) -> bytes:
        manifest = RosterManifest(unit=self.unit, version=version, at=self.now, people=versions)
        return sign(manifest, self.agency)


def opened_details(payload: bytes, opener: Opener) -> PersonDetails | None:
    """What a person's document says; None when the payload is empty: the roster in force does not name them.

    Raises:
        SealError: it was sealed to another key.
    """
    return open_details(PERSON.validate_json(payload), opener) if payload else None
