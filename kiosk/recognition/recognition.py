"""The path every frame takes, live and in replay: analyse it, then let the visit decide."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from camera import Answering, Camera, Frame, Metering, Prompt
from kiosk.people import EnrolledGallery
from kiosk.people.acceptance import Judgement
from kiosk.recognition.liveness import LivenessSession
from kiosk.recognition.observation import BestFrame
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.pipeline import FacePipeline, FrameAnalysis
from kiosk.recognition.visit import Doing, Visit, VisitLimits
from models.gallery import Vector
from models.liveness.actions import Action
from models.liveness.continuity import thumb

_PROMPTS: Final[Mapping[Action, Prompt]] = {
    Action.TURN_LEFT: "turn_left",
    Action.TURN_RIGHT: "turn_right",
    Action.BLINK: "blink",
    Action.OPEN_MOUTH: "open_mouth",
    Action.COME_CLOSER: "come_closer",
    Action.HOLD: "hold",
}


def prompt_of(asked: Action | None) -> Prompt | None:
    """Returns the prompt that tells a camera of an action: camera and models do not import each other."""
    return None if asked is None else _PROMPTS[asked]


class CameraRelay:
    """Passes to a camera what it implements: prompts to `Answering`, the light on the face to `Metering`."""

    def __init__(self, camera: Camera) -> None:
        self._answering = camera if isinstance(camera, Answering) else None
        self._metering = camera if isinstance(camera, Metering) else None
        self._asked: Prompt | None = None

    def ask(self, asked: Prompt | None, at_s: float) -> None:
        """Pass on what is asked after the frame of `at_s`, once; None when nothing is asked."""
        if asked is not None and asked != self._asked and self._answering is not None:
            self._answering.obey(asked, at_s)
        self._asked = asked

    def meter(self, recognition: "Recognition") -> None:
        """Pass on how bright the face was that was looked at last.

        Not while a person shows that they are there: liveness goes by changes of light too.
        """
        seen = recognition.analysis
        if self._metering is None or seen is None or recognition.doing == "proving":
            return
        nobody = seen.observation.box is None
        if nobody or seen.brightness is not None:
            self._metering.meter(None if nobody else seen.brightness, seen.observation.at_s)


class Recognition:
    """Frames in, outcomes out. While nobody is there, detection runs at `idle_detect_hz` only.

    `gallery` may be exchanged between frames; `analysis` is what the last frame looked at showed, `best` the best
    one of who stands there, `resting` whether nobody is looked at for a while.
    """

    def __init__(
        self,
        pipeline: FacePipeline,
        gallery: EnrolledGallery,
        limits: VisitLimits,
        idle_detect_hz: float,
        proving: Callable[[], LivenessSession],
    ) -> None:
        self.gallery = gallery
        self.analysis: FrameAnalysis | None = None
        self.best: BestFrame | None = None
        self.resting = False
        self._pipeline = pipeline
        self._begun = partial(Visit, limits, self._identify, proving)
        self._visit = self._begun()
        self._idle_s = 1.0 / idle_detect_hz
        self._next_look_s = float("-inf")
        self._at_s = 0.0  # of the last frame

    @property
    def idle(self) -> bool:
        """Nobody is there, or is looked at."""
        return self.resting or not self._visit.somebody

    @property
    def undisturbed(self) -> bool:
        """Nobody is being decided on."""
        return self.idle or self._visit.doing == "decided"

    @property
    def newcomer(self) -> bool:
        """Whether another person stands there than the last outcome was of."""
        return self._visit.newcomer

    @property
    def asked(self) -> Action | None:
        """What the person who is there is asked to do."""
        return self._visit.asked

    @property
    def doing(self) -> Doing:
        """How far the visit of who is there has come."""
        return self._visit.doing

    @property
    def progress(self) -> float:
        """How far what the person does has gone, 0 to 1."""
        return self._visit.progress

    def process(self, frame: Frame) -> VisitOutcome | None:
        """Take in one frame; an outcome when it ends a visit."""
        self._at_s = frame.at_s
        self.resting = self._visit.resting(frame.at_s)
        if self.resting:
            self.analysis = self.best = None
        if self.resting or (self.idle and frame.at_s < self._next_look_s):
            return None
        self._next_look_s = frame.at_s + self._idle_s
        self.analysis = self._pipeline.look(frame.image, frame.at_s, self._visit.wants(frame.at_s))
        outcome = self._visit.see(replace(self.analysis.observation, thumb=thumb(frame.image)))
        self._remember_best(frame, self.analysis, outcome)
        return outcome

    def forget(self) -> None:
        """Drop the visit under way, without an outcome."""
        self._visit = self._begun()
        self.analysis = self.best = None

    def unseen(self, for_s: float) -> None:
        """No frame has come here for so many seconds: nobody is followed any longer, and what was seen of them goes."""
        self._visit.interrupt()
        self.resting = self._visit.resting(self._at_s + for_s)
        self.analysis = self.best = None

    def finish(self, at_s: float) -> VisitOutcome | None:
        """End the visit because the source has ended; returns its outcome, if it has one."""
        return self._visit.finish(at_s)

    def _remember_best(self, frame: Frame, analysis: FrameAnalysis, outcome: VisitOutcome | None) -> None:
        """Keep a frame while it is the best of its visit, and no longer: nothing of it is copied or encoded yet."""
        best_at_s = self._visit.best_at_s
        if best_at_s is None and outcome is None:  # the outcome of one who has left is still to be registered
            self.best = None
        elif best_at_s == frame.at_s and analysis.observation.box is not None:
            self.best = BestFrame(frame.image, analysis.observation.box)

    def _identify(self, probe: Vector) -> Judgement:
        return self.gallery.identify(probe)


def outcomes(camera: Camera, recognition: Recognition, until_s: float = float("inf")) -> Iterator[VisitOutcome]:
    """The outcome of every visit in a source, or in its first `until_s`.

    A camera whose person can hear is told what is asked for, one whose exposure can follow the face how bright it is.
    """
    at_s, relay = 0.0, CameraRelay(camera)
    while (frame := camera.read()) is not None and frame.at_s < until_s:
        at_s = frame.at_s
        if (outcome := recognition.process(frame)) is not None:
            yield outcome
        relay.ask(prompt_of(recognition.asked), at_s)
        relay.meter(recognition)
    if (outcome := recognition.finish(at_s)) is not None:
        yield outcome
