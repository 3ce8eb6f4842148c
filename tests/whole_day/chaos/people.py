"""Who walks up: films of synthetic people, made once, and their enrolment."""

from itertools import islice
from pathlib import Path

import cv2

from camera import open_camera
from kiosk.app import parts
from kiosk.enrolment.shots import shots_from_photos
from kiosk.lab.demo import show
from kiosk.people import Details
from kiosk.runtime.errors import PhotoError
from kiosk.settings import Settings
from models.assets import AssetStore
from sync.contract import Draft, Enrolled, EnrolledDetail
from tests.shared import shared

FPS = 12
_WALK = f"person:{{photo}}?seconds=3.2&blink=0&fps={FPS}"


def cast(most: int) -> dict[str, Path]:
    """Up to so many people, by id: those of the demo, then of the shared test data where they are here."""
    demo = [AssetStore().path(show.KNOWN), AssetStore().path(show.STRANGER)]
    faces = shared("faces/lfw-dev")
    others = sorted(folder for folder in faces.iterdir() if len(list(folder.iterdir())) > 2) if faces.is_dir() else []
    everybody = [*demo, *(min(folder.iterdir()) for folder in others)]
    return {f"p-{number}": photo for number, photo in enumerate(islice(everybody, most))}


def enrol(settings: Settings, people: dict[str, Path], films: Path) -> list[str]:
    """Enrol and film those whose photo is good enough; their ids."""
    films.mkdir()
    done = list[str]()
    with parts.pipeline(settings) as pipeline, parts.people(settings) as store, parts.ledger(settings) as ledger:
        clock, model = parts.clock(settings, ledger.last_at), pipeline.embedder.model
        for person, photo in people.items():
            try:
                shots = shots_from_photos([photo], pipeline)
            except PhotoError:
                continue
            film(photo, films / f"{person}.avi")
            moment = clock.moment()
            store.put(person, Details(name=f"Contoh {person}"), model, shots, moment.at)
            body = Enrolled(detail=EnrolledDetail(person=person, templates=len(shots), model=model))
            ledger.append(Draft(body, moment))
            done.append(person)
    return done


def film(photo: Path, path: Path) -> None:
    """One walk-up as motion JPEG: to play it costs a fraction of drawing it."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (640, 480))
    with open_camera(_WALK.format(photo=photo), mesh_of=parts.mesh_of) as camera:
        while (frame := camera.read()) is not None:
            writer.write(frame.image)
    writer.release()
