"""After a change of model, or damage: embed people again from the pictures they were enrolled from."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from kiosk.people.store import People, Shot
from models.align import PORTRAIT
from models.embedder import Embedder


@dataclass(frozen=True, slots=True)
class Reembedding:
    """Who was embedded again, who has to be enrolled again because no picture of theirs would do, and whose shots of
    later visits were dropped because one was damaged."""

    renewed: tuple[str, ...]
    to_enrol: tuple[str, ...]
    dropped: tuple[str, ...]


def reembed(people: People, embedder: Embedder, beat: Callable[[], None] = lambda: None) -> Reembedding:
    """Give everybody whose shots another model made shots of this one: templates of two models are never compared.
    Those of this model whose vectors are damaged get new ones too. Of shots of later visits no picture is kept: they go
    with the shots that are replaced."""
    renewed, to_enrol = [], []
    damaged = people.damaged(embedder.model, embedder.dimension)
    for person in people.all():
        if person.model == embedder.model and person.id not in damaged:
            continue
        shots = []
        for portrait in people.portraits(person.id):
            beat()
            shots.extend(_shot(portrait, embedder))
        if shots:
            about = (person.origin, person.version)
            people.put(person.id, person.details, embedder.model, shots, person.enrolled_at, *about)
            renewed.append(person.id)
        else:
            to_enrol.append(person.id)
    # Damage of a later shot costs nobody the enrolment.
    dropped = sorted(people.damaged_later(embedder.model, embedder.dimension))
    for with_damage in dropped:
        people.drop_later(with_damage)
    return Reembedding(tuple(renewed), tuple(to_enrol), tuple(dropped))


def _shot(portrait: bytes, embedder: Embedder) -> list[Shot]:
    image = cv2.imdecode(np.frombuffer(portrait, np.uint8), cv2.IMREAD_COLOR)
    if image is None or image.shape[:2] != (PORTRAIT.size, PORTRAIT.size):
        return []
    return [Shot(embedder.embed(np.ascontiguousarray(image[..., ::-1], np.uint8)), portrait)]
