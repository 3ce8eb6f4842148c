"""Enrolment at the screen: an officer begins it, the vision thread takes the shots."""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from camera import Frame
from kiosk.enrolment.examination import ENOUGH, EnrolmentRefusedError, examine
from kiosk.enrolment.local import LocalEnroller
from kiosk.enrolment.poses import PATIENCE_S, PoseSequence
from kiosk.people import MatchPolicy, Person
from kiosk.recognition.gallery_cache import GalleryCache
from kiosk.recognition.guidance import guide_to
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.vision_jobs import BusyError, NotDoneError, VisionJobs
from kiosk.screen import Phrase, Screen
from kiosk.screen.state import Enrolment
from kiosk.web.actions import ActionRefusedError

_RESULT_S: Final = 6.0

Phase = Literal["look", "alike", "done", "refused"]
Word = Literal["although_alike", "leave"]


@dataclass(frozen=True, slots=True)
class EnrolmentContext:
    """What every session works with. `gallery_cache` belongs to the vision thread."""

    enroller: LocalEnroller
    gallery_cache: GalleryCache
    match_policy: MatchPolicy
    screen: Screen
    monotonic: Callable[[], float] = time.monotonic


class EnrolmentSession:
    """The enrolment of one known person. The vision thread calls `see`, any other may call `say`.

    Nothing is kept before the end; what is kept then is one transaction.
    """

    def __init__(self, context: EnrolmentContext, known: Person, officer: str) -> None:
        self.phase: Phase = "look"
        self._context = context
        self._known = known
        self._officer = officer
        self._words: queue.SimpleQueue[Word] = queue.SimpleQueue()
        self._sequence: PoseSequence | None = None
        self._until_s = float("inf")
        self._shown: Enrolment | None = None

    def say(self, word: Word) -> None:
        """The officer's word. What does not fit the phase is not heard."""
        self._words.put(word)

    def see(self, pipeline: FacePipeline, frame: Frame | None) -> bool:
        """See `kiosk.recognition.vision_jobs.FrameSession`."""
        if self._sequence is None:
            self._begin(PoseSequence(pipeline.limits, self._context.match_policy.same_person))
        word = None if self._words.empty() else self._words.get_nowait()
        late = self._context.monotonic() >= self._until_s
        if word == "leave" or (late and self.phase in {"done", "refused"}):
            self.stop()
            return False
        if late:
            self._end("refused", "enrol_late")
        elif self.phase == "look" and self._sequence is not None and frame is not None:
            self._look(pipeline, frame, self._sequence)
        elif self.phase == "alike" and word == "although_alike" and self._sequence is not None:
            self._keep(self._sequence)
        return True

    def stop(self) -> None:
        """See `kiosk.recognition.vision_jobs.FrameSession`."""
        self._context.screen.enrolling(None)
        self._context.screen.resume(status="ready")

    def _begin(self, sequence: PoseSequence) -> None:
        self._sequence = sequence
        self._until_s = self._context.monotonic() + PATIENCE_S
        self._context.screen.say(
            Phrase("enrol_title"), status="somebody is enrolled: nobody is recognised", tone="plain"
        )
        self._show()

    def _look(self, pipeline: FacePipeline, frame: Frame, sequence: PoseSequence) -> None:
        wanted = sequence.wants(frame.at_s)
        analysis = pipeline.look(frame.image, frame.at_s, wanted)
        sequence.see(analysis, wanted)
        screen, (height, width) = self._context.screen, frame.image.shape[:2]
        screen.look(guide_to(sequence.phrase, sequence.prompt, analysis, (width, height), screen.words))
        if sequence.pose is not None:
            self._show("" if sequence.phrase is None else screen.words.say(Phrase(sequence.phrase)))
        elif sequence.refused is not None:
            self._end("refused", "spoof")
        else:
            self._judge(sequence)

    def _judge(self, sequence: PoseSequence) -> None:
        """All shots are there: do they agree, and does the officer have to look at who is alike?"""
        gallery = self._context.gallery_cache.current()
        try:
            found = examine(self._known.id, sequence.shots, gallery, self._context.match_policy, although_alike=True)
        except EnrolmentRefusedError:
            self._end("refused", "enrol_disagree")
            return
        if len(sequence.shots) - len(found.template.set_aside) < ENOUGH:
            self._end("refused", "enrol_disagree")
        elif found.look_alikes:
            self.phase = "alike"
            self._until_s = self._context.monotonic() + PATIENCE_S
            other, _ = found.look_alikes[0]
            self._show(self._context.screen.words.say(Phrase("enrol_alike_to", name=gallery.names[other])))
        else:
            self._keep(sequence)

    def _keep(self, sequence: PoseSequence) -> None:
        known = self._context.enroller.find(self._known.id)  # the roster may have changed meanwhile
        if known is None:
            self._end("refused", "enrol_unknown")
        elif self._context.enroller.enrol(known, sequence.shots, self._officer):
            self._context.gallery_cache.changed()
            self._end("done", "enrol_done")
        else:
            self._end("refused", "storage")

    def _end(self, phase: Phase, key: str) -> None:
        """Say what came of it, for a while."""
        self.phase = phase
        self._until_s = self._context.monotonic() + _RESULT_S
        self._show(self._context.screen.words.say(Phrase(key)))

    def _show(self, text: str = "") -> None:
        sequence = self._sequence
        if sequence is None:
            return
        shown = Enrolment(
            name=self._known.details.called,
            phase=self.phase,
            poses=tuple(pose.value for pose in sequence.poses),
            taken=len(sequence.shots),
            text=text,
        )
        if shown != self._shown:
            self._shown = shown
            self._context.screen.enrolling(shown)


class EnrolmentControl:
    """Begins sessions, one at a time, and hands on the officer's word. Any thread may; how it goes the screen shows."""

    def __init__(self, jobs: VisionJobs, context: EnrolmentContext) -> None:
        self._jobs = jobs
        self._context = context

    def begin(self, officer: str, person: str, *, consent: bool) -> str:
        """Begin to enrol a person, who was read the notice and agrees; `officer` is the officer's person id.

        Returns the text for the officer. Raises ActionRefusedError without consent, for an unknown person, and while a
        session is under way.
        """
        if not consent:
            raise ActionRefusedError(403, Phrase("enrol_consent"))
        known = self._context.enroller.find(person)
        if known is None:
            raise ActionRefusedError(404, Phrase("enrol_unknown"))
        try:
            self._jobs.begin(EnrolmentSession(self._context, known, officer))
        except BusyError:
            raise ActionRefusedError(409, Phrase("enrol_busy")) from None
        except NotDoneError:
            raise ActionRefusedError(503, Phrase("enrol_not_now")) from None
        return self._say("enrol_begins")

    def decide(self, *, although_alike: bool) -> str:
        """The officer's word on a look-alike. ActionRefusedError when nobody waits for it."""
        session = self._session()
        if session.phase != "alike":
            raise ActionRefusedError(409, Phrase("enrol_none"))
        session.say("although_alike" if although_alike else "leave")
        return self._say("processing" if although_alike else "enrol_cancelled")

    def cancel(self) -> str:
        """Leave the session, or its result. ActionRefusedError when there is none."""
        session = self._session()
        session.say("leave")
        return self._say("enrol_cancelled" if session.phase in {"look", "alike"} else "close")

    def _session(self) -> EnrolmentSession:
        session = self._jobs.session
        if not isinstance(session, EnrolmentSession):
            raise ActionRefusedError(409, Phrase("enrol_none"))
        return session

    def _say(self, key: str) -> str:
        return self._context.screen.words.say(Phrase(key))
