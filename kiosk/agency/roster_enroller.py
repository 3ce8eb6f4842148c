"""From a person's document to somebody who is recognised: in the vision thread, a photo at a time."""

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
    """One person on the way: what is still to be embedded, and what has been."""

    person: str
    version: int
    details: PersonDetails
    photos: list[str]
    shots: list[Shot] = field(default_factory=list)


class RosterEnroller:
    """Makes documents of people hold while nobody stands there. A person is put in one transaction, or not yet.

    One photo that is no good is refused and the others are used; a person of whom none is good has no face here.
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
        """Embed one photo, or put one person into the store; whether people have changed, and with them the roll."""
        try:
            case = self._case = self._case or self._next()
            if case is None:
                return False
            if case.photos:
                self._embed(case, case.photos.pop(0), pipeline)
                return False
            self._put(case, gallery)
        except StoreRetryable as error:  # a full disk: people are recognised meanwhile
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
        return self._opened(person)

    def _opened(self, person: str) -> _Case | None:
        held = self._store.held("person", person)
        if held is None:  # the roster has changed in this moment
            return None
        known = self._people.statuses().get(person)
        done = known and (known.origin, known.version, known.model) == ("roster", held.version, self._model)
        if held.payload is None or done:  # damaged on the disk, and then asked for again; or it came twice
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
        """Templates of the model that is used here, in the place of photos."""
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
            self._refuse(case, str(error))
        else:
            case.shots.append(shot)

    def _put(self, case: _Case, gallery: EnrolledGallery) -> None:
        shots = self._examined(case, gallery)
        given = case.details
        details = Details.model_validate(given.model_dump(exclude={"photos", "templates"}))
        known = self._people.statuses().get(case.person)
        says_nothing_of_a_face = not given.photos and not given.templates
        if says_nothing_of_a_face and known is not None and known.shots and known.model == self._model:
            self._people.describe(case.person, details, case.version)
        else:
            self._people.put(case.person, details, self._model, shots, self._clock.moment().at, "roster", case.version)
        self._store.erase_payload(case.person, case.version)

    def _examined(self, case: _Case, gallery: EnrolledGallery) -> list[Shot]:
        """The shots, if they may stand for this person."""
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
