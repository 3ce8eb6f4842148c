"""The worker that looks at frames and has the outcome of every visit recorded."""

import logging
import threading
import time
from collections.abc import Callable

from systemd.daemon import notify

from camera import Frame
from kiosk.dialogue.dialogue import Dialogue
from kiosk.people import EnrolledGallery
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.recognition.guidance import guide_of
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import CameraRelay, Recognition
from kiosk.recognition.sideways import SidewaysWatch
from kiosk.recognition.vision_jobs import VisionContext, VisionJobs
from kiosk.runtime.mailbox import Latest
from kiosk.runtime.worker import Beat
from kiosk.screen import Guide, Phrase, Screen
from models.liveness.actions import Action

log = logging.getLogger(__name__)
_TAKE_S = 0.5
_ASK_S = 1.0
_STILL_S = 2.0
"""After so long without a frame the visit ends."""

_BUSY_S = 30.0
"""Enrolments from the roster wait at most so long for an empty spot: a face on a poster never leaves."""


class Vision:
    """Recognition and its registrar in one thread: MediaPipe's graphs belong to the thread that made them."""

    def __init__(
        self,
        frames: Latest[Frame],
        build_pipeline: Callable[[], FacePipeline],
        build_recognition: Callable[[FacePipeline, EnrolledGallery], Recognition],
        *,
        gallery_cache: GalleryCache,
        dialogue: Dialogue,
        screen: Screen,
        relay: CameraRelay,
        jobs: VisionJobs,
    ) -> None:
        self._frames = frames
        self._build_pipeline = build_pipeline
        self._build_recognition = build_recognition
        self._recognises: bool | None = None
        self._asked: Action | None = None
        self._resting = False
        self._newcomer = False
        self._framed_s = self._idle_s = float("-inf")
        self._ask_again_s = 0.0
        self._gallery_cache = gallery_cache
        self._sideways = SidewaysWatch()
        self._dialogue = dialogue
        self._screen = screen
        self._relay = relay
        self._jobs = jobs

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Look at frames until `stop` is set."""
        try:
            with self._build_pipeline() as pipeline:
                self._gallery_cache.renew(pipeline, beat)
                recognition = self._build_recognition(pipeline, self._gallery_cache.current())
                while not stop.is_set():
                    beat()
                    self._look(pipeline, recognition)
        finally:
            self._jobs.close()

    def _look(self, pipeline: FacePipeline, recognition: Recognition) -> None:
        """Take the next frame: for who is being enrolled, else for who comes."""
        recognises = self._may_recognise()
        enrolling = self._jobs.session is not None
        if not recognises and not enrolling:
            recognition.forget()
            self._screen.look(Guide())
        if recognition.undisturbed and not enrolling:  # no visit is decided against two galleries
            self._renew(pipeline, recognition)
        frame = self._frames.take(_TAKE_S)
        if frame is None:
            self._unseen(pipeline, recognition)
        else:
            self._framed_s = time.monotonic()
        self._jobs.serve(VisionContext(pipeline, self._frames.get(), recognition.analysis))
        undisturbed = not recognises or frame is None or recognition.undisturbed
        if enrolling and undisturbed:
            recognition.unseen(0.0)  # its frames go to the session
            self._jobs.see(pipeline, frame)
        else:
            self._recognise(recognition, frame if recognises else None)
        if frame is not None:
            self._relay.ask(self._screen.guide.asked, frame.at_s)
            self._relay.meter(recognition)
            self._watch_orientation(pipeline, frame)

    def _renew(self, pipeline: FacePipeline, recognition: Recognition) -> None:
        """Take the current gallery, and make progress with enrolments: one photo takes as long as some frames."""
        now_s = time.monotonic()
        if recognition.idle:
            self._idle_s = now_s
        if recognition.idle or now_s - self._idle_s >= _BUSY_S:
            self._gallery_cache.work(pipeline)
        recognition.gallery = self._gallery_cache.current()

    def _unseen(self, pipeline: FacePipeline, recognition: Recognition) -> None:
        """End what waits for frames that may never come: at once when the camera is lost, else after a moment."""
        silent_s = time.monotonic() - self._framed_s
        if silent_s < _STILL_S and self._frames.get() is not None:
            return
        recognition.unseen(silent_s)
        pipeline.forget()
        self._screen.look(Guide())
        self._relay.ask(None, 0.0)

    def _watch_orientation(self, pipeline: FacePipeline, frame: Frame) -> None:
        if not self._sideways.due(frame.at_s):
            return
        further = self._sideways.see(pipeline.best_rotation(frame.image), frame.at_s)
        if further:
            log.warning(
                "faces have to be turned by %d degrees to stand upright: set camera.rotate; see kiosk doctor", further
            )

    def _recognise(self, recognition: Recognition, frame: Frame | None) -> None:
        outcome = None if frame is None else recognition.process(frame)
        if outcome is not None:
            self._dialogue.register(outcome, recognition.gallery, recognition.best)
        if recognition.newcomer and not self._newcomer:
            self._dialogue.make_way()
        self._newcomer = recognition.newcomer
        self._guide(recognition, frame, answered=outcome is not None)

    def _may_recognise(self) -> bool:
        """Whether the stage lets anybody be recognised; what stands on the screen follows it. Asked once a second."""
        now_s = time.monotonic()
        if now_s < self._ask_again_s:
            return self._recognises is True
        self._ask_again_s = now_s + _ASK_S
        recognises = self._dialogue.stage().recognises
        if recognises != self._recognises:
            self._recognises = recognises
            line, status = ("idle", "ready") if recognises else ("inactive", "inactive: nobody is recognised")
            self._screen.stand(Phrase(line), status=status)
        return recognises

    def _guide(self, recognition: Recognition, frame: Frame | None, *, answered: bool) -> None:
        """Show where the face is and what it should do; and that people may come again after a rest."""
        asked, resting = recognition.asked, recognition.resting
        if asked != self._asked and not answered:
            log.info("screen: asked: %s", asked or Action.HOLD)
            notify(f"STATUS=asked: {asked or Action.HOLD}")
        if resting and not self._resting:
            self._screen.say(Phrase("paused"), status="resting: nobody is looked at")
        if self._resting and not resting:
            self._screen.resume(status="ready")
        self._asked, self._resting = asked, resting
        if resting:
            self._screen.look(Guide())
        if frame is None or resting:
            return
        height, width = frame.image.shape[:2]
        found = recognition.doing, recognition.analysis, (width, height), asked, recognition.progress
        self._screen.look(guide_of(*found, self._screen.words))
