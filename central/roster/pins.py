"""PINs that the centre gives: drawn at random, shown once, and kept as hashes in the sealed documents of people."""

import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from central.errors import WrongUseError
from central.roster.push import Maker, opened_details
from central.store.database import CentralDatabase
from central.store.documents import UnitDocuments
from sync.documents.roster import PersonDetails
from sync.documents.sealing import Opener
from sync.errors import SealError
from sync.pin import DIGITS, hashed, weakness
from sync.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Slip:
    """What is handed to a person with a new PIN. `person` is the id."""

    person: str
    name: str = field(repr=False)
    nip: str = field(repr=False)
    pin: str = field(repr=False)


def draw_slips(database: CentralDatabase, unit: str, opener: Opener, people: Collection[str]) -> tuple[Slip, ...]:
    """Draw PINs for these people, or, when none is named, for everybody who has a NIP and no PIN. Nothing is stored
    yet.

    Raises:
        WrongUseError: somebody is not on the unit's roster, or has no NIP; or the documents cannot be opened.
    """
    roster = dict(_roster(database, unit, opener))
    if not roster:
        raise WrongUseError(f"there is no roster of {unit} yet; see: kiosk-central roster push")
    if strangers := set(people) - roster.keys():
        raise WrongUseError(
            f"not on the roster of {unit}: {', '.join(sorted(strangers))}; see: kiosk-central roster list"
        )
    if numberless := [person for person in people if roster[person].nip is None]:
        raise WrongUseError(f"without a NIP a PIN cannot be used at a kiosk: {', '.join(sorted(numberless))}")
    named = set(people) or {person for person, details in roster.items() if details.pin is None}
    return tuple(
        Slip(person, details.name, details.nip, _drawn(details.nip))
        for person, details in roster.items()
        if person in named and details.nip is not None
    )


def keep_slips(
    database: CentralDatabase, unit: str, slips: Collection[Slip], agency: SigningKey, opener: Opener, now: datetime
) -> int:
    """Store new documents of these people with the hashes of their PINs, in one transaction. Returns the roster's
    version.

    Raises:
        WrongUseError: somebody has left the roster in the meantime; nothing is stored.
    """
    maker = Maker(unit, agency, opener, now)
    hashes = {slip.person: hashed(slip.pin) for slip in slips}  # before the transaction: each takes a while
    with database.transaction() as connection:
        documents = UnitDocuments(connection, unit)
        versions = {item.about: item.version for item in documents.named(["person"]) if not item.withdrawn}
        for person, pin in hashes.items():
            known = opened_details(documents.payload("person", person), opener)
            if known is None:
                raise WrongUseError(f"{person} has just left the roster of {unit}: nobody has a new PIN, try again")
            details = known.model_copy(update={"pin": pin})
            versions[person] = maker.put(documents, person, details, maker.content(details))
        return maker.put_manifest(documents, versions)


def _roster(database: CentralDatabase, unit: str, opener: Opener) -> Iterator[tuple[str, PersonDetails]]:
    """Yield id and details of everybody on the current roster."""
    with database.transaction() as connection:
        documents = UnitDocuments(connection, unit)
        payloads = {item.about: documents.payload("person", item.about) for item in documents.named(["person"])}
    for person, payload in payloads.items():
        try:
            details = opened_details(payload, opener)
        except SealError as error:
            raise WrongUseError(
                "the roster was sealed to another key: push it again, with the photos, first"
            ) from error
        if details is not None:
            yield person, details


def _drawn(nip: str) -> str:
    """Return a random PIN that is not too easy to guess."""
    while True:
        pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if weakness(pin, nip) is None:
            return pin
