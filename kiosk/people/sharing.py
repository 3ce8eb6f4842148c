"""Tells the agency of a person who was enrolled at the wall, so that other kiosks may know them too."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from kiosk.people.store import Shot
from sync.documents.roster import MOST_PHOTOS, EnrolmentDocument, Template, seal_enrolment
from sync.documents.sealing import SealTo
from sync.keyfile import base64url
from sync.parcels import Parcels
from sync.topics import Topics


def share(
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
