"""Genuine clips, synthetic people who answer, and drawn attacks, presented to the checks of liveness.

Frames go through the daemon's own `FacePipeline`, and prompts through its `CameraRelay`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np

from camera import Camera, open_camera
from camera.synthetic.attacks.species import PRINTS, SCREENS, SPECIES
from kiosk.app import parts
from kiosk.app.liveness import repeatable
from kiosk.recognition.liveness import WINDOW_S, Examine
from kiosk.recognition.observation import AnalysisDepth
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import CameraRelay, prompt_of
from models.liveness import Challenge, Finding, LivenessSample, drawn
from models.liveness.continuity import continuity

SETTLE_S = 1.0
"""Seconds from the first sight of a face to the start of its window: people walk up, prints are brought in."""

STEP_S = 0.5
"""Seconds between the starts of two windows of one clip."""

_FRAMES_PER_PROBE = 6
"""A template is made of one frame in so many, as embedding costs more than all the rest of a frame."""

_WHOLE_WINDOW = 0.9
"""The part of a window that its frames must span. A face that was away for longer belongs to another visit."""


@dataclass(frozen=True, slots=True)
class LivenessPresentation:
    """One film: its kind, its camera URL, and whether it is a recorded clip, in which nobody can answer."""

    kind: str
    url: str
    clip: bool = False


@dataclass(slots=True)
class LivenessRun:
    """What the checks found in one presentation.

    `windows` holds the passive findings of each window. `challenge` holds those of the challenge and of continuity over
    the whole take, None when the film ended before the challenge did. `answered_s` is the seconds from the end of the
    window to the end of the challenge.
    """

    asked: bool
    windows: list[list[Finding]] = field(default_factory=list)
    challenge: list[Finding] | None = None
    answered_s: float = 0.0


def genuine(shared: Path) -> Iterator[LivenessPresentation]:
    """Clips of real people before cameras. Nobody in them hears a prompt."""
    for folder in ("single-face", "standing-two-metres", "gif"):
        for path in sorted((shared / "videos" / folder).iterdir()):
            yield LivenessPresentation(folder, f"file:{path}", clip=True)


def made(shared: Path, each: int, seed: int) -> Iterator[LivenessPresentation]:
    """`each` walk-ups and `each` attacks of every species, all of different people. Half of the replays show real
    clips."""
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


def run(
    presentation: LivenessPresentation, pipeline: FacePipeline, same_person: float, examine: Examine, seed: int
) -> LivenessRun:
    """Present one film. Every window of a clip is examined; anybody else is examined once and then asked.

    Two templates of one person are at least `same_person` alike. `seed` decides what is asked and when.
    """
    pipeline.forget()
    with open_camera(presentation.url, mesh_of=parts.mesh_of) as camera:
        if presentation.clip:
            track = list(samples(camera, pipeline))
            return LivenessRun(asked=False, windows=[list(examine(window)) for window in _windows(track)])
        return _asked(camera, pipeline, same_person, examine, repeatable(seed))


def samples(camera: Camera, pipeline: FacePipeline) -> Iterator[LivenessSample]:
    """The liveness sample of every frame in which one face is alone, some of them with a probe."""
    since_probe = _FRAMES_PER_PROBE
    for frame in iter(camera.read, None):
        wanted = AnalysisDepth.PROBE if since_probe >= _FRAMES_PER_PROBE else AnalysisDepth.FACE
        sample = pipeline.look(frame.image, frame.at_s, wanted).observation.sample
        if sample is None or sample.others:
            continue
        since_probe = since_probe + 1 if sample.probe is None else 1
        yield sample


def _windows(track: list[LivenessSample]) -> Iterator[list[LivenessSample]]:
    if not track:
        return
    for start in np.arange(track[0].at_s, track[-1].at_s - WINDOW_S + 0.05, STEP_S):
        window = [sample for sample in track if start <= sample.at_s <= start + WINDOW_S]
        if window and window[-1].at_s - window[0].at_s > _WHOLE_WINDOW * WINDOW_S:
            yield window


def _asked(camera: Camera, pipeline: FacePipeline, same_person: float, examine: Examine, random: Random) -> LivenessRun:
    """The passive checks of one window, then a challenge. Continuity is examined over both together."""
    result, relay = LivenessRun(asked=True), CameraRelay(camera)
    challenge = Challenge(drawn(random), random.uniform(0.3, 0.8))
    track: list[LivenessSample] = []
    window_at_s, asked_s = None, 0.0
    for sample in samples(camera, pipeline):
        window_at_s = sample.at_s + SETTLE_S if window_at_s is None else window_at_s
        if sample.at_s < window_at_s:
            continue
        track.append(sample)
        if sample.at_s < window_at_s + WINDOW_S:
            continue
        if not result.windows:
            result.windows, asked_s = [list(examine(track))], sample.at_s
        step = challenge.see(sample)
        relay.ask(prompt_of(step.asks), sample.at_s)
        if step.finding is not None:
            result.challenge = [step.finding, continuity(track, same_person)]
            result.answered_s = sample.at_s - asked_s
            break
    return result
