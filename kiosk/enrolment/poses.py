"""Shots of a person before a camera, pose by pose: ahead, and with the head turned, which shows that it is a head.

Each pose is a small state machine that is fed one frame's analysis at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

import numpy as np

from camera import Answering, Camera, CameraTimeout, Frame, Prompt
from kiosk.enrolment.examination import ENOUGH
from kiosk.enrolment.shots import shot_of, unfit
from kiosk.people.store import Shot
from kiosk.recognition.observation import AnalysisDepth
from kiosk.recognition.pipeline import FacePipeline, FrameAnalysis
from kiosk.runtime.errors import PhotoError
from kiosk.screen.catalogue import Phrase, Words
from models.gallery import unit
from models.liveness.actions import Action, Stance, progress, stance
from models.liveness.challenge import Challenge
from models.liveness.finding import Suspicion
from models.liveness.screen import screen
from models.liveness.track import LivenessSample
from models.quality import QualityLimits, Reason

_AHEAD_DEG: Final = 8.0
_NOD_DEG: Final = 8.0
_TURN_DEG: Final = (8.0, 20.0)
"""Between these a turned head is worth a shot: it adds something, and is no other face to the embedder."""

_NOD_S: Final = 6.0
"""Not everybody can look up or down: after so long it is done without."""


class EnrolmentPose(StrEnum):
    """How the head is held; left and right are the person's own."""

    AHEAD = "ahead"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class PoseEnd:
    """A pose has come to its end: with what to take the shot from, without one, or failed for a reason."""

    analysis: FrameAnalysis | None
    reason: Suspicion | None = None


class PoseTaking(Protocol):
    """The state machine of one pose."""

    @property
    def prompt(self) -> Prompt:
        """What the person is to do now."""

    @property
    def wants_shot(self) -> bool:
        """Whether a good frame would be used for a shot."""

    def see(self, analysis: FrameAnalysis, seen: LivenessSample, *, fit: bool) -> PoseEnd | None:
        """Take in a frame with one face, which is `fit` for a shot or not; something once it is over."""


class AheadTaking:
    """Takes the shot of a person who looks into the camera."""

    prompt: Prompt = "hold"
    wants_shot = True

    def see(self, analysis: FrameAnalysis, seen: LivenessSample, *, fit: bool) -> PoseEnd | None:
        """See `PoseTaking`."""
        return PoseEnd(analysis) if fit and abs(stance(seen).yaw_deg) <= _AHEAD_DEG else None


class TurnTaking:
    """Turning the head to a side and back, judged as recognition's challenge is; the shot is taken on the way."""

    def __init__(self, action: Action, prompt: Prompt, ahead: Stance) -> None:
        self._action = action
        self._said = prompt
        self._ahead = ahead
        self._challenge = Challenge([action], delay_s=0.0)
        self._track: list[LivenessSample] = []
        self._asked = self._in_range = False
        self._best: FrameAnalysis | None = None

    @property
    def prompt(self) -> Prompt:
        """Who is not looking ahead yet is asked to do that first."""
        return self._said if self._asked else "hold"

    @property
    def wants_shot(self) -> bool:
        """Frames of a head that is not turned, or too far, show only that."""
        return self._in_range and self._best is None

    def see(self, analysis: FrameAnalysis, seen: LivenessSample, *, fit: bool) -> PoseEnd | None:
        """See `PoseTaking`."""
        self._track.append(seen)
        step = self._challenge.see(seen)
        self._asked = step.asks is not None
        self._in_range = _TURN_DEG[0] <= progress(self._action, stance(seen), self._ahead) <= _TURN_DEG[1]
        if fit and self._in_range and self._best is None:
            self._best = analysis
        if step.finding is None:
            return None
        reason = step.finding.reason or screen(self._track).reason
        return PoseEnd(self._best, reason or (Suspicion.NOT_DONE if self._best is None else None))


class NodTaking:
    """Looking up or down for a moment, by whoever can."""

    wants_shot = True

    def __init__(self, prompt: Prompt, sign: int, ahead: Stance) -> None:
        self.prompt = prompt
        self._sign = sign
        self._ahead = ahead
        self._since_s: float | None = None

    def see(self, analysis: FrameAnalysis, seen: LivenessSample, *, fit: bool) -> PoseEnd | None:
        """See `PoseTaking`."""
        self._since_s = seen.at_s if self._since_s is None else self._since_s
        far_deg = self._sign * (stance(seen).pitch_deg - self._ahead.pitch_deg)
        if fit and far_deg >= _NOD_DEG:
            return PoseEnd(analysis)
        return PoseEnd(None) if seen.at_s - self._since_s > _NOD_S else None


def pose_taking(pose: EnrolmentPose, ahead: Stance | None) -> PoseTaking:
    """How a pose is taken of somebody who looked `ahead` like this."""
    if ahead is None:
        return AheadTaking()
    match pose:
        case EnrolmentPose.AHEAD:
            return AheadTaking()
        case EnrolmentPose.LEFT:
            return TurnTaking(Action.TURN_LEFT, "turn_left", ahead)
        case EnrolmentPose.RIGHT:
            return TurnTaking(Action.TURN_RIGHT, "turn_right", ahead)
        case EnrolmentPose.UP:
            return NodTaking("look_up", 1, ahead)
        case EnrolmentPose.DOWN:
            return NodTaking("look_down", -1, ahead)


PATIENCE_S: Final = 60.0
"""How long somebody may take for all poses."""

_QUALITY_S: Final = 0.4
_FAILED_TURNS: Final = 2
"""Who turns like a picture so often is taken for one: a person's turn fails by chance now and then."""


class PoseSequence:
    """A state machine fed one view a frame; its clock is the time the frames were taken.

    `shots` are those taken, `reasons` what is wrong with what is seen, `refused` why nobody is enrolled from this. It
    is over once `pose` is None. Two shots less alike than `same_person` are of two people: then all begins again.
    """

    def __init__(self, limits: QualityLimits, same_person: float) -> None:
        self.shots: list[Shot] = []
        self.reasons: tuple[Reason, ...] = ()
        self.refused: Suspicion | None = None
        self._limits = limits
        self._same_person = same_person
        self._taken: list[EnrolmentPose] = []
        self._left = list(EnrolmentPose)
        self._ahead: Stance | None = None
        self._taking: PoseTaking = pose_taking(EnrolmentPose.AHEAD, None)
        self._failed_turns = 0
        self._looked_s = float("-inf")

    @property
    def pose(self) -> EnrolmentPose | None:
        """The pose that is taken now; None when all are taken or the person is refused."""
        return self._left[0] if self._left and self.refused is None else None

    @property
    def poses(self) -> tuple[EnrolmentPose, ...]:
        """Those that are taken, one a shot, and those that are to come."""
        return (*self._taken, *self._left)

    @property
    def prompt(self) -> Prompt | None:
        """What the person is to do now; None when it is over."""
        return None if self.pose is None else self._taking.prompt

    @property
    def phrase(self) -> str | None:
        """The key of what is said now: what is wrong, else what to do."""
        if self.pose is None or self.reasons:
            return str(self.reasons[0]) if self.reasons else None
        return f"enrol_{EnrolmentPose.AHEAD if self.prompt == 'hold' else self.pose}"

    def wants(self, at_s: float) -> AnalysisDepth:
        """What of a frame taken at `at_s` would be used. A small device could not embed every frame of a turn."""
        due = at_s - self._looked_s >= _QUALITY_S
        return AnalysisDepth.PROBE if due or self._taking.wants_shot else AnalysisDepth.FACE

    def see(self, analysis: FrameAnalysis, wanted: AnalysisDepth) -> None:
        """Take in one frame, looked at as closely as was wanted."""
        if wanted is AnalysisDepth.PROBE:
            self._looked_s, self.reasons = analysis.observation.at_s, unfit(analysis, self._limits)
        seen = analysis.observation.sample
        if seen is None or seen.others or self.pose is None:
            return
        over = self._taking.see(analysis, seen, fit=analysis.observation.probe is not None and not self.reasons)
        if over is not None:
            self._settle(self.pose, over)

    def _settle(self, pose: EnrolmentPose, over: PoseEnd) -> None:
        if over.reason is None:
            self._left.remove(pose)
            if over.analysis is not None:
                self._take(pose, over.analysis)
        elif over.reason is not Suspicion.NOT_DONE:
            self._failed_turns += 1
            self.refused = over.reason if self._failed_turns == _FAILED_TURNS else None
        if self._left:
            self._taking = pose_taking(self._left[0], self._ahead)

    def _take(self, pose: EnrolmentPose, analysis: FrameAnalysis) -> None:
        shot = shot_of(analysis, self._limits, pose)
        others = [one.vector for one in self.shots]
        if others and float(unit(np.sum(others, axis=0)) @ shot.vector) < self._same_person:
            self.shots, self._taken, self._left, self._ahead = [], [], list(EnrolmentPose), None
            return
        self.shots.append(shot)
        self._taken.append(pose)
        if pose is EnrolmentPose.AHEAD and analysis.observation.sample is not None:
            self._ahead = stance(analysis.observation.sample)


def shots_from_camera(
    camera: Camera, pipeline: FacePipeline, same_person: float, say: Callable[[str], None], words: Words
) -> list[Shot]:
    """Three to five shots in as many poses; what to do, and what is wrong with a frame, is said when it changes.

    PhotoError when the needed ones were not taken within a minute of video or by the source's end, or when what was
    held before the camera turned like a picture.
    """
    posing = PoseSequence(pipeline.limits, same_person)
    said, prompted, begin_s = "", None, None
    while posing.pose is not None and (frame := _next(camera, say)) is not None:
        begin_s = frame.at_s if begin_s is None else begin_s
        if frame.at_s - begin_s > PATIENCE_S:
            break
        wanted = posing.wants(frame.at_s)
        posing.see(pipeline.look(frame.image, frame.at_s, wanted), wanted)
        if (prompt := posing.prompt) != prompted and prompt is not None and isinstance(camera, Answering):
            camera.obey(prompt, frame.at_s)
        prompted, phrase = prompt, posing.phrase
        if phrase is not None and phrase != said:
            said = phrase
            say(words.say(Phrase(phrase)))
    return _enough(posing)


def _enough(posing: PoseSequence) -> list[Shot]:
    if posing.refused is not None:
        raise PhotoError(f"no head was seen to turn ({posing.refused}): enrol the person, not a picture of them")
    if len(posing.shots) < ENOUGH:
        raise PhotoError(
            f"only {len(posing.shots)} of at least {ENOUGH} shots could be taken; try again in better light, and turn "
            "the head when that is asked for"
        )
    return posing.shots


def _next(camera: Camera, say: Callable[[str], None]) -> Frame | None:
    """The next frame, however long a lost camera takes to come back; None at the source's end."""
    while True:
        try:
            return camera.read()
        except CameraTimeout as error:
            say(str(error))
