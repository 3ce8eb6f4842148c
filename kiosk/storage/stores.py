"""The files that the daemon keeps open, together."""

from dataclasses import dataclass

from kiosk.documents.store import Documents
from kiosk.people import People
from sync.ledger import Ledger
from sync.parcels import Parcels


@dataclass(frozen=True, slots=True)
class Stores:
    """What is recorded, who may be recognised, what is sealed for the agency, and what the agency says."""

    ledger: Ledger
    people: People
    parcels: Parcels
    documents: Documents
