"""Enrols people from the documents of the roster, one photo at a time, in the vision thread."""

import logging
import time
from dataclasses import dataclass, field
from typing import Final

from kiosk.agency.refusals import Refusal, RefusedError
from kiosk.agency.worker import AgencyParts
from kiosk.clock.clock import Clock
from kiosk.enrolment.examination import EnrolmentRefusedError, examine
from kiosk.enrolment.shots import shot_of_file
from kiosk.people import Details, EnrolledGallery, MatchPolicy, Shot
from kiosk.recognition.pipeline import FacePipeline
from kiosk.runtime.errors import PhotoError
from models.errors import VectorError
from models.gallery import Vector, vector_of
from sync.documents.roster import PersonDetails, Template
from sync.errors import StoreRetryable
from sync.keyfile import from_base64url

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 0.5
_FULL_WAIT_S: Final = 30.0


@dataclass(slots=True)
class _Case:
    """A person who is being enrolled: photos that are still to be embedded, shots that are, and what is wrong with the
    photos that cannot be used."""

    person: str
    version: int
    details: PersonDetails
    photos: list[str]
    shots: list[Shot] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)


class RosterEnroller:
    """Enrols people of the roster while nobody stands before the camera. Each is stored in one transaction.

    Photos that cannot be used are refused, in one event that names them, and the others are used. A person without a
    usable photo is stored without a face.
    """

    def __init__(self, parts: AgencyParts, match_policy: MatchPolicy, clock: Clock) -> None:
        self._store = parts.store
        self._acceptance = parts.acceptance
        self._people = parts.people
        self._refusals = parts.refusals
        self._keeps_photos = parts.policies.keeps_photos
        self._match_policy = match_policy
        self._clock = clock
        self._case: _Case | None = None
        self._looked_s = float("-inf")

    def step(self, pipeline: FacePipeline, gallery: EnrolledGallery) -> bool:
        """Embeds one photo, or stores one person. Returns whether people, and so the gallery, have changed."""
        try:
            case = self._case = self._case or self._next()
            if case is None:
                return False
            if case.photos:
                self._embed(case, case.photos.pop(0), pipeline)
                return False
            self._put(case, gallery)
        except StoreRetryable as error:  # a full disk: recognition goes on meanwhile
            log.warning("nobody new can be enrolled now: %s", error)
            self._case, self._looked_s = None, time.monotonic() + _FULL_WAIT_S
            return False
        self._case = None
        return True

    def _next(self) -> _Case | None:
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return None
        person = next(iter(self._store.waiting()), None)
        if person is None:
            self._looked_s = now_s
            return None
        return self._open(person)

    def _open(self, person: str) -> _Case | None:
        held = self._store.held("person", person)
        if held is None:  # the roster has changed in the meantime
            return None
        status = self._people.statuses().get(person)
        done = status and (status.origin, status.version, status.model) == ("roster", held.version, self._model)
        if held.payload is None or done:  # damaged on the disk, and asked for again; or it came twice
            self._store.erase_payload(person, held.version)
            return None
        try:
            document, details = self._acceptance.read_person(held.payload, person, known=True)
        except RefusedError as error:
            self._refusals.add(error.refusal)
            self._store.erase_payload(person, held.version)
            return None
        case = _Case(person, document.version, details, list(details.photos))
        self._take_templates(case)
        return case

    def _take_templates(self, case: _Case) -> None:
        """Uses the templates of the document instead of its photos, if they are of the model that is used here."""
        ours = next((template for template in case.details.templates if template.model == self._model), None)
        if ours is None:
            return
        try:
            case.shots = [Shot(vector, None) for vector in _vectors(ours, self._match_policy.dimension)]
        except (ValueError, VectorError) as error:
            self._refuse(case, f"its templates cannot be used: {error}")
        else:
            case.photos.clear()

    def _embed(self, case: _Case, photo: str, pipeline: FacePipeline) -> None:
        number = len(case.details.photos) - len(case.photos)
        try:
            shot = shot_of_file(_decoded(photo), pipeline, f"photo {number}")
        except PhotoError as error:
            case.bad.append(str(error))
        else:
            case.shots.append(shot)

    def _put(self, case: _Case, gallery: EnrolledGallery) -> None:
        if case.bad:
            self._refuse(case, "; ".join(case.bad))
        shots = self._examined(case, gallery)
        details = Details.model_validate(case.details.model_dump(exclude={"photos", "templates"}))
        status = self._people.statuses().get(case.person)
        without_face = not case.details.photos and not case.details.templates
        if without_face and status is not None and status.shots and status.model == self._model:
            # The person was enrolled at the kiosk: the document must not erase that face.
            self._people.describe(case.person, details, case.version)
        else:
            self._people.put(case.person, details, self._model, shots, self._clock.moment().at, "roster", case.version)
        self._store.erase_payload(case.person, case.version)

    def _examined(self, case: _Case, gallery: EnrolledGallery) -> list[Shot]:
        """Returns the shots to store: none when they are refused, and without portraits unless these are kept."""
        if not case.shots:
            return []
        try:
            examination = examine(case.person, case.shots, gallery, self._match_policy)
        except EnrolmentRefusedError as error:
            self._refuse(case, error.nameless)
            return []
        for other, score in examination.look_alikes:
            log.warning("%s and %s look alike (score %.3f)", case.person, other, score)
        return case.shots if self._keeps_photos() else [Shot(shot.vector, None) for shot in case.shots]

    def _refuse(self, case: _Case, text: str) -> None:
        self._refusals.add(Refusal("person", "photo", text, case.person, case.version))

    @property
    def _model(self) -> str:
        return self._match_policy.calibration.model


def _decoded(photo: str) -> bytes:
    try:
        return from_base64url(photo)
    except ValueError as error:
        raise PhotoError(f"a photo is {error}") from error


def _vectors(template: Template, dimension: int) -> list[Vector]:
    """Returns the unit vectors (dimension,) of a template.

    Raises ValueError when a text is not base64url, VectorError when its bytes are not such a vector.
    """
    return [vector_of(from_base64url(text), dimension) for text in template.vectors]
