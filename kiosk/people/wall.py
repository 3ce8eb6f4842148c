"""Makes somebody whose shots were taken at this kiosk's screen enrolled: in the ledger, the store and what is sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.notes import Notes
from kiosk.people.sharing import share
from kiosk.people.store import People, Person, Shot
from kiosk.witness.clock import Clock
from sync.contract import Draft, Enrolled, EnrolledDetail
from sync.documents.sealing import SealTo
from sync.errors import StoreRetryable
from sync.parcels import Parcels
from sync.topics import Topics


@dataclass(frozen=True, slots=True)
class Wall:
    """What an enrolment changes. `keeps_photos` says whether portraits of the roster's people stay here; without a
    `seal_to` nobody is told of the templates."""

    people: People
    parcels: Parcels
    notes: Notes
    model: str
    here: Topics
    seal_to: SealTo | None
    keeps_photos: Callable[[], bool]
    clock: Clock

    def find(self, person: str) -> Person | None:
        """Who is known by that id, with a face or without."""
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
        if self.notes.keep(Draft(Enrolled(detail=detail), moment)) is None:
            return False
        try:
            at = moment.at
            self.people.put(known.id, known.details, self.model, kept, at, known.origin, known.version)
            if self.seal_to is not None:
                share(self.parcels, self.seal_to, self.here, known.id, known.details.name, self.model, shots, at)
        except StoreRetryable as error:
            self.notes.refused(error)
            return False
        return True
