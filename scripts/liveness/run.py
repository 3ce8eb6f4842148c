"""Genuine clips, synthetic people who answer, and drawn attacks, presented to the liveness checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import cv2
import numpy as np

from camera import Camera, Frame, open_camera
from camera.frame import Answering
from camera.synthetic.attacks.species import PRINTS, SCREENS, SPECIES
from kiosk.app import parts
from kiosk.recognition.liveness import Examine
from kiosk.recognition.observation import choose
from models.detector import FaceDetector
from models.embedder import Embedder
from models.face import Box
from models.landmarks import LandmarkFinder
from models.liveness import Action, Challenge, Finding, LivenessSample, drawn, liveness_sample, with_probe
from models.liveness.continuity import continuity
from models.liveness.network import crops


@dataclass(frozen=True, slots=True)
class LivenessPresentation:
    """One film: what kind, its camera URL, and whether it is a clip in which nobody can answer."""

    kind: str
    url: str
    clip: bool = False


def genuine(shared: Path) -> Iterator[LivenessPresentation]:
    """Real people before cameras, none of whom hears a question."""
    for folder in ("single-face", "standing-two-metres", "gif"):
        for path in sorted((shared / "videos" / folder).iterdir()):
            yield LivenessPresentation(folder, f"file:{path}", clip=True)


def made(shared: Path, each: int, seed: int) -> Iterator[LivenessPresentation]:
    """Walk-ups and attacks, so many of each, every one of another person; half of the replays are real clips."""
    random = Random(seed)  # noqa: S311 - a draw to repeat, no secret
    people = sorted(folder for folder in (shared / "faces" / "lfw-dev").iterdir() if folder.is_dir())
    random.shuffle(people)
    photos = (min(folder.glob("*.jpg")) for folder in people)
    clips = sorted((shared / "videos" / "single-face").iterdir())
    for number in range(each):
        walk = f"seconds=14&yaw={4 * (number % 3)}&blink=4&seed={seed + number}"
        yield LivenessPresentation("walk-up", f"person:{next(photos)}?{walk}")
        yield LivenessPresentation("print_walking", f"person:{next(photos)}?flat=1&{walk}")
        for species in SPECIES:
            photo = clips[number % len(clips)] if species in SCREENS and number % 2 else next(photos)
            seconds = 14 if species in (*PRINTS, *SCREENS) else 6
            yield LivenessPresentation(
                species,
                f"attack:{species}?source={photo}&other={next(photos)}&seconds={seconds}&seed={seed + number}",
            )


SETTLE_S = 1.0
"""Between the first sight of a face and the window: people walk up, prints are brought in."""

WINDOW_S = 1.5
STEP_S = 0.5
_PROBE_EVERY = 6


@dataclass(slots=True)
class LivenessRun:
    """Findings of each passive window; of the challenge and of the whole take once it is over; seconds it took."""

    asked: bool
    windows: list[list[Finding]] = field(default_factory=list)
    challenge: list[Finding] | None = None
    answered_s: float = 0.0


def glimpses(camera: Camera, embedder: Embedder) -> Iterator[LivenessSample]:
    """The largest face of each frame in which it is alone, with a template now and then."""
    with FaceDetector() as detector, LandmarkFinder() as finder:
        seen = 0
        for frame in iter(camera.read, None):
            one = _glimpse(frame, detector, finder)
            if one is None:
                continue
            image, found = one
            if seen % _PROBE_EVERY == 0:
                found = with_probe(found, embedder.embed(embedder.chip(image, found.points)))
            seen += 1
            yield found


def _glimpse(
    frame: Frame, detector: FaceDetector, finder: LandmarkFinder
) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.uint8]], LivenessSample] | None:
    image = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB), np.uint8)
    chosen, crowded = choose(detector.detect(image), Box(0, 0, image.shape[1], image.shape[0]))
    if chosen is None or crowded:
        return None
    points = finder.find(image, chosen.box)
    return None if points is None else (image, liveness_sample(image, points, frame.at_s, crops))


def run(
    shown: LivenessPresentation, embedder: Embedder, same_person: float, examine: Examine, seed: int
) -> LivenessRun:
    """Present it. Of a clip every window counts; whoever else comes is asked after the first."""
    with ExitStack() as stack:
        camera = stack.enter_context(open_camera(shown.url, mesh_of=parts.mesh_of))
        frames = glimpses(camera, embedder)
        stack.callback(frames.close)  # type: ignore[attr-defined]
        if shown.clip:
            return LivenessRun(asked=False, windows=[list(examine(part)) for part in _windows(list(frames))])
        return _asked(camera, frames, same_person, examine, Random(seed))  # noqa: S311 - a draw to repeat, no secret


def _windows(track: list[LivenessSample]) -> Iterator[list[LivenessSample]]:
    if not track:
        return
    for start in np.arange(track[0].at_s, track[-1].at_s - WINDOW_S + 0.05, STEP_S):
        part = [seen for seen in track if start <= seen.at_s <= start + WINDOW_S]
        if part and part[-1].at_s - part[0].at_s > 0.9 * WINDOW_S:  # who stays away meanwhile is another visit
            yield part


def _asked(
    camera: Camera, frames: Iterator[LivenessSample], same_person: float, examine: Examine, random: Random
) -> LivenessRun:
    """The passive window, then a challenge; continuity is looked for over both."""
    result, track, challenge = (
        LivenessRun(asked=True),
        list[LivenessSample](),
        Challenge(drawn(random), random.uniform(0.3, 0.8)),
    )
    first_s, asked_s, asking = None, 0.0, None
    for seen in frames:
        first_s = seen.at_s if first_s is None else first_s
        if seen.at_s < first_s + SETTLE_S:
            continue
        track.append(seen)
        if seen.at_s < first_s + SETTLE_S + WINDOW_S:
            continue
        if not result.windows:
            result.windows, asked_s = [list(examine(track))], seen.at_s
        step = challenge.see(seen)
        if step.asks is not None and step.asks is not asking and isinstance(camera, Answering):
            camera.obey(Action(step.asks).value, seen.at_s)
        asking = step.asks
        if step.finding is not None:
            result.challenge, result.answered_s = [step.finding, continuity(track, same_person)], seen.at_s - asked_s
            break
    return result
