"""Enrols a person whose shots were taken at this kiosk: in the ledger, the store, and what is sent to the agency."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.clock.clock import Clock
from kiosk.clock.event_log import EventLog
from kiosk.people.store import People, Person, Shot
from sync.contract import Draft, Enrolled, EnrolledDetail
from sync.contract.topics import Topics
from sync.documents.roster import MOST_PHOTOS, EnrolmentDocument, Template, seal_enrolment
from sync.documents.sealing import SealTo
from sync.errors import StoreRetryable
from sync.keyfile import base64url
from sync.parcels import Parcels


def share_templates(
    parcels: Parcels, key: SealTo, here: Topics, person: str, name: str, model: str, shots: Sequence[Shot], at: datetime
) -> None:
    """Put the sealed templates among what is sent. Pictures stay here; the agency learns their digests."""
    vectors = tuple(base64url(shot.vector.astype("<f4").tobytes()) for shot in shots[:MOST_PHOTOS])
    document = EnrolmentDocument(
        unit=here.unit,
        kiosk=here.kiosk,
        person=person,
        name=name,
        template=Template(model=model, vectors=vectors),
        shots=tuple(hashlib.sha256(shot.portrait).hexdigest() for shot in shots if shot.portrait is not None),
    )
    parcels.add_enrolment(person, seal_enrolment(document, key), at)


@dataclass(frozen=True, slots=True)
class LocalEnroller:
    """Enrols people at this kiosk. `keeps_photos` says whether portraits of the roster's people stay here; without a
    `seal_to` no templates are sent to the agency."""

    people: People
    parcels: Parcels
    event_log: EventLog
    model: str
    here: Topics
    seal_to: SealTo | None
    keeps_photos: Callable[[], bool]
    clock: Clock

    def find(self, person: str) -> Person | None:
        """Returns the person of that id, with or without shots; None when nobody has it."""
        return next((known for known in self.people.all() if known.id == person), None)

    def enrol(self, known: Person, shots: Sequence[Shot], officer: str) -> bool:
        """Put a known person's shots in the place of what was there, with the roster's details and version as they are.

        The event goes first: nobody is enrolled whom the ledger does not tell of. False when the disk is full.
        """
        kept = list(shots)
        if known.origin == "roster" and not self.keeps_photos():
            kept = [Shot(shot.vector, None) for shot in shots]
        detail = EnrolledDetail(person=known.id, templates=len(shots), model=self.model, officer=officer)
        moment = self.clock.moment()
        if self.event_log.record_draft(Draft(Enrolled(detail=detail), moment)) is None:
            return False
        try:
            at = moment.at
            self.people.put(known.id, known.details, self.model, kept, at, known.origin, known.version)
            if self.seal_to is not None:
                share_templates(
                    self.parcels, self.seal_to, self.here, known.id, known.details.name, self.model, shots, at
                )
        except StoreRetryable as error:
            self.event_log.refused(error)
            return False
        return True
