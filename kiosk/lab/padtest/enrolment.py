"""Enrolment for a pad test: the gallery of the people who are attacked."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from camera import Camera, Image, SourceUnreadable, open_camera
from camera.files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, FileCamera
from kiosk.app import parts
from kiosk.enrolment.examination import ENOUGH, MOST
from kiosk.enrolment.shots import read_small, unfit
from kiosk.lab.padtest.trial import AttackSource, Presentation
from kiosk.people import EnrolledGallery, EnrolledPerson, MatchPolicy, enrolled_gallery
from kiosk.recognition.pipeline import FacePipeline
from kiosk.runtime.errors import UsageError
from models.gallery import Vector, unit
from models.quality import Reason

_APART_S = 0.5


def files_in(folder: Path) -> dict[str, list[Path]]:
    """Photos and videos by person. Each sub-folder is a person, and so is each file beside them.

    Raises UsageError when there are none.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give one with a sub-folder of photos, or a video, for each person")
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        files = [path for path in (sorted(entry.iterdir()) if entry.is_dir() else [entry]) if _is(path, _SHOWN)]
        if files:
            found[entry.name if entry.is_dir() else entry.stem] = files
    if not found:
        raise UsageError(f"{folder} holds no photo and no video; put those of each person into a sub-folder")
    return found


def from_files(
    people: Mapping[str, Sequence[Path]], count: int, pipeline: FacePipeline, match_policy: MatchPolicy, stills: Path
) -> tuple[EnrolledGallery, dict[str, AttackSource]]:
    """Enrol up to `count` of the people, in their order. Returns the gallery and the sources of attacks on them.

    A person is enrolled from the first photo, else from frames of the first video, of which one is written to the
    folder `stills`. A person without a good face, or who is recognised as one enrolled before, is left out. Raises
    UsageError when nobody is left.
    """
    enrolled: dict[str, EnrolledPerson] = {}
    sources: dict[str, AttackSource] = {}
    gallery = enrolled_gallery(enrolled, match_policy)
    for name, files in people.items():
        if len(enrolled) == count:
            break
        photo, clip = _first(files, IMAGE_SUFFIXES), _first(files, VIDEO_SUFFIXES)
        source = AttackSource(photo or stills / f"{name}.png", clip)
        vectors = _vectors(source, pipeline, still=photo is None)
        if vectors and gallery.identify(unit(np.sum(vectors, axis=0))).verdict != "accepted":
            enrolled[name], sources[name] = EnrolledPerson(name, vectors), source
            gallery = enrolled_gallery(enrolled, match_policy)
    if not enrolled:
        raise UsageError("no photo or video shows one face that is good enough to enrol")
    return gallery, sources


def from_recordings(
    presentations: Iterable[Presentation], pipeline: FacePipeline, match_policy: MatchPolicy, say: Callable[[str], None]
) -> EnrolledGallery:
    """The gallery of everybody in the bona fide recordings, each from the first recording that shows them well."""
    enrolled: dict[str, EnrolledPerson] = {}
    gallery = enrolled_gallery(enrolled, match_policy)
    for number, presentation in enumerate(presentations):
        if presentation.species is not None:
            continue
        pipeline.forget()
        with open_camera(presentation.url, mesh_of=parts.mesh_of) as camera:
            shots = [vector for _, vector in film_shots(camera, pipeline).shots]
        if len(shots) < ENOUGH:
            say(f"{presentation.url} enrols nobody: too few of its frames show one good face")
            continue
        if gallery.identify(unit(np.sum(shots, axis=0))).verdict != "accepted":
            enrolled[f"p{number}"] = EnrolledPerson(f"p{number}", tuple(shots))
            gallery = enrolled_gallery(enrolled, match_policy)
    return gallery


_SHOWN = IMAGE_SUFFIXES | VIDEO_SUFFIXES


def _is(path: Path, suffixes: frozenset[str]) -> bool:
    return path.is_file() and path.suffix.lower() in suffixes


def _first(files: Sequence[Path], suffixes: frozenset[str]) -> Path | None:
    return next((path for path in files if _is(path, suffixes)), None)


def _vectors(source: AttackSource, pipeline: FacePipeline, *, still: bool) -> tuple[Vector, ...]:
    """Probes of the photo, or with `still` of the clip, whose still is then written as the photo. Empty without a
    face."""
    pipeline.forget()
    try:
        if still and source.clip is not None:
            return _of_clip(source.clip, source.photo, pipeline)
        vector = _alone(read_small(source.photo), 0.0, pipeline)
    except SourceUnreadable:
        return ()
    return () if isinstance(vector, str) else (vector,)


def _of_clip(clip: Path, still: Path, pipeline: FacePipeline) -> tuple[Vector, ...]:
    with FileCamera(clip, loop=False) as camera:
        shots = film_shots(camera, pipeline).shots
    if shots:
        cv2.imwrite(str(still), shots[0][0])
    return tuple(vector for _, vector in shots)


@dataclass(frozen=True, slots=True)
class FilmShots:
    """Pictures of a film with one good face, and their probes; how many pictures were refused for what."""

    shots: list[tuple[Image, Vector]]
    refused: Counter[str]


def film_shots(camera: Camera, pipeline: FacePipeline) -> FilmShots:
    """Up to five pictures with one good face, half a second apart.

    The poses of a real enrolment are not asked for: nobody in a film can turn on request.
    """
    found = FilmShots([], Counter())
    next_s = float("-inf")
    while len(found.shots) < MOST and (frame := camera.read()) is not None:
        if frame.at_s < next_s:
            continue
        vector = _alone(frame.image, frame.at_s, pipeline)
        if isinstance(vector, str):
            found.refused[vector] += 1
        else:
            found.shots.append((frame.image, vector))
            next_s = frame.at_s + _APART_S
    return found


def _alone(image: Image, at_s: float, pipeline: FacePipeline) -> Vector | str:
    """The probe of a picture with one good face, else what is wrong with it."""
    analysis = pipeline.look(image, at_s)
    if not analysis.faces:
        return "no_face"
    if len(analysis.faces) > 1:
        return str(Reason.TWO_FACES)
    reasons, probe = unfit(analysis, pipeline.limits), analysis.observation.probe
    return str(reasons[0]) if reasons or probe is None else probe
