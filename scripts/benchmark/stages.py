"""Timings of the stages of the recognition path, and of the same work done as the package `face_recognition` does
it."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from camera import Frame, Image, open_camera
from kiosk.app import parts
from kiosk.app.liveness import prover, repeatable
from kiosk.clock.clock import SystemClock
from kiosk.enrolment.shots import shots_from_photos
from kiosk.people import EnrolledPerson, enrolled_gallery
from kiosk.recognition.liveness import WINDOW_S
from kiosk.recognition.recognition import Recognition, outcomes
from kiosk.recognition.visit import VisitLimits
from kiosk.settings import Settings
from models.assets import AssetStore
from models.detector import FaceDetector
from models.embedder import Embedder, load
from models.face import Box, Points
from models.gallery import Gallery
from models.landmarks import LandmarkFinder
from models.liveness import examine, liveness_sample
from scripts.benchmark.timing import Timing, ratio, timed
from sync.contract import Draft, Started, StartedDetail
from sync.ledger import Ledger

_FPS = 30
_STANDS_S = 1.6
"""Time in the film at which the synthetic person has walked up."""


def standing_frame(settings: Settings) -> Image:
    """A 640x480 frame of the synthetic person at the kiosk."""
    photo = AssetStore(settings.recognition.models_dir).path("photo-grace-hopper")
    with open_camera(f"person:{photo}", mesh_of=parts.mesh_of) as camera:
        frames = [frame for frame in iter(camera.read, None) if frame is not None]
    return frames[len(frames) // 2].image


def landmarks_of(rgb: Image, box: Box, finder: LandmarkFinder) -> Points:
    """The landmarks (468, 3) of the face in `box`. Raises RuntimeError when there is none."""
    points = finder.find(rgb, box)
    if points is None:
        raise RuntimeError("the benchmark's frame shows no face: nothing can be measured on it")
    return points


def stages(settings: Settings, image: Image) -> dict[str, Timing]:
    """The time of every stage on one frame, and of all together as the daemon runs them."""
    jpeg = cv2.imencode(".jpg", image)[1]
    rgb = np.ascontiguousarray(image[..., ::-1])
    embedder = parts.embedder(settings)
    detector = FaceDetector()
    with LandmarkFinder() as finder:
        box = detector.detect(rgb)[0].box
        points = landmarks_of(rgb, box, finder)
        aligned = embedder.chip(rgb, points)
        probe = embedder.embed(aligned)
        timings = {
            "capture": timed(lambda: cv2.imdecode(jpeg, cv2.IMREAD_COLOR)),
            "detect": timed(lambda: detector.detect(rgb)),
            "landmarks": timed(lambda: finder.find(rgb, box)),
            "align": timed(lambda: embedder.chip(rgb, points)),
            "embed": timed(lambda: embedder.embed(aligned)),
        }
    for people in (200, 10_000):
        templates = dict(zip(map(str, range(people)), _faces(people, embedder.dimension), strict=True))
        gallery = Gallery(embedder.model, templates, embedder.lead)
        timings[f"search_{people}"] = timed(partial(gallery.search, probe))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, Ledger(Path(folder) / "l.db", "k", "u") as ledger:
        clock = parts.clock(settings, ledger.last_at)
        timings["ledger_append"] = timed(lambda: ledger.append(_draft(clock)))
    timings["end_to_end"] = timed(per_frame(settings, image))
    return timings


def per_frame(settings: Settings, image: Image, embedder: Embedder | None = None) -> Callable[[], object]:
    """A function that runs the daemon's own path for one frame of a person on whom no decision is made.

    It uses `embedder`, else that of the settings.
    """
    pipeline = parts.pipeline(settings, embedder)
    faces = _faces(200, pipeline.embedder.dimension)
    enrolled = {str(number): EnrolledPerson(str(number), (face,)) for number, face in enumerate(faces)}
    match_policy = replace(parts.match_policy(settings, pipeline.embedder), threshold=2.0)  # nobody reaches it
    limits = VisitLimits(same_person=-1.0, max_good_frames=10**9, patience_s=1e9)
    proving = prover(lambda: "passive", limits.same_person, repeatable(0))
    recognition = Recognition(pipeline, enrolled_gallery(enrolled, match_policy), limits, 5, proving)
    clock = iter(range(10**9))
    return lambda: recognition.process(Frame(image, next(clock) / 30, 0))


def decision_frames(settings: Settings) -> int:
    """Frames from the first good one of a walk-up to the decision, both included, without liveness.

    The person is enrolled from the photo that the walk-up is drawn from.
    """
    photo = AssetStore(settings.recognition.models_dir).path("photo-grace-hopper")
    with parts.pipeline(settings) as pipeline:
        enrolled = {
            "known": EnrolledPerson("Known", tuple(shot.vector for shot in shots_from_photos([photo], pipeline)))
        }
        match_policy = parts.match_policy(settings, pipeline.embedder)
        proving = prover(lambda: "off", match_policy.same_person, repeatable(0))
        recognition = parts.recognition(
            settings, pipeline, enrolled_gallery(enrolled, match_policy), match_policy, proving
        )
        with open_camera(f"person:{photo}", mesh_of=parts.mesh_of) as camera:
            decided = next(outcomes(camera, recognition))
    if decided.kind != "identified":
        raise RuntimeError("the benchmark's person was not identified: nothing can be said of the decision")
    return round(decided.decided_s * _FPS) + 1


def overhead(settings: Settings, image: Image, times: int = 200) -> float:
    """The time that the path adds to detector, landmarks and the embedder's networks alone, as a share of theirs."""
    rgb = np.ascontiguousarray(image[..., ::-1])
    detector, embedder = FaceDetector(), parts.embedder(settings)
    box = detector.detect(rgb)[0].box
    with LandmarkFinder() as finder:
        points = landmarks_of(rgb, box, finder)
        inputs = [(member.network, member.inputs(embedder.chip(rgb, points))) for member in embedder.members]

        def bare() -> None:
            detector.detect(rgb)
            finder.find(rgb, box)
            for network, chips in inputs:
                for chip in chips:
                    network.run(chip)

        return ratio(per_frame(settings, image), bare, times) - 1


def passive_share(settings: Settings, image: Image) -> float:
    """The time that passive liveness adds to a frame, as a share of the rest of its path.

    It is the time of the frame's liveness sample, and of the passive checks once a window, spread over its frames.
    """
    photo = AssetStore(settings.recognition.models_dir).path("photo-grace-hopper")
    with parts.pipeline(settings) as pipeline, open_camera(f"person:{photo}", mesh_of=parts.mesh_of) as camera:
        same_person = parts.match_policy(settings, pipeline.embedder).same_person
        standing = (frame for frame in iter(camera.read, None) if _STANDS_S <= frame.at_s <= _STANDS_S + WINDOW_S)
        seen = (pipeline.look(frame.image, frame.at_s).observation.sample for frame in standing)
        track = [one for one in seen if one is not None]
    rgb, points = np.ascontiguousarray(image[..., ::-1]), track[0].points
    kept_ms = timed(lambda: liveness_sample(rgb, points, 0.0)).p50_ms
    checked_ms = timed(lambda: examine(track, same_person), 50).p50_ms / len(track)
    return (kept_ms + checked_ms) / (timed(per_frame(settings, image)).p50_ms - kept_ms)


def peer_ratios(settings: Settings, image: Image, times: int = 20) -> tuple[float, float]:
    """How many times as long as the kiosk's path `face_recognition` takes.

    It detects with HOG, upsampled once, finds 5 points and embeds with the dlib ResNet. The first ratio is against the
    path with that network alone, the second against the path with the settings' whole embedder.
    """
    assets = AssetStore(settings.recognition.models_dir)
    detect = dlib.get_frontal_face_detector()
    shape = dlib.shape_predictor(str(assets.path("dlib-5-landmarks")))
    encode = dlib.face_recognition_model_v1(str(assets.path("dlib-resnet-v1-weights")))
    rgb = np.ascontiguousarray(image[..., ::-1])

    def peer() -> None:
        for box in detect(rgb, 1):
            encode.compute_face_descriptor(rgb, shape(rgb, box), 1)

    same = load(assets, ["dlib-resnet-v1"], settings.recognition.threads)
    return ratio(peer, per_frame(settings, image, same), times), ratio(peer, per_frame(settings, image), times)


def _faces(people: int, dim: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(0).normal(size=(people, dim)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _draft(clock: SystemClock) -> Draft:
    return Draft(Started(detail=StartedDetail(version="bench")), clock.moment())
