"""The worker that looks at frames and makes the outcome of every visit last."""

import logging
import threading
import time
from collections.abc import Callable

from camera import Frame
from kiosk.latest import Latest
from kiosk.look import Looker
from kiosk.notes import Notes
from kiosk.people import People
from kiosk.phrases import phrase
from kiosk.recognition import Recognition
from kiosk.registrar import Registrar
from kiosk.rules.visit import Outcome, VisitLimits
from kiosk.screen import Screen, describe
from kiosk.worker import Beat
from sync.errors import StoreRetryable

log = logging.getLogger(__name__)
_TAKE_S = 0.5
_ROLL_CHECK_S = 2.0


class Vision:
    """Recognition and its registrar in one thread: MediaPipe's graphs belong to the thread that made them."""

    def __init__(
        self,
        frames: Latest[Frame],
        build_looker: Callable[[], Looker],
        people: People,
        *,
        limits: VisitLimits,
        idle_detect_hz: float,
        registrar: Registrar,
        notes: Notes,
        screen: Screen,
    ) -> None:
        self._frames = frames
        self._build_looker = build_looker
        self._people = people
        self._limits = limits
        self._idle_detect_hz = idle_detect_hz
        self._registrar = registrar
        self._notes = notes
        self._screen = screen
        self._roll_version = -1
        self._next_check_s = 0.0

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Look at frames until `stop` is set."""
        with self._build_looker() as looker:
            model = looker.embedder.model
            recognition = Recognition(looker, self._people.roll(model), self._limits, self._idle_detect_hz)
            self._screen.say(phrase("idle"), status="ready")
            while not stop.is_set():
                beat()
                self._refresh(recognition, model)
                frame = self._frames.take(_TAKE_S)
                outcome = recognition.process(frame) if frame is not None else None
                if outcome is not None:
                    self._register(outcome, recognition)

    def _refresh(self, recognition: Recognition, model: str) -> None:
        """Take up who was enrolled or removed by another process, between two visits."""
        if not recognition.idle or time.monotonic() < self._next_check_s:
            return
        self._next_check_s = time.monotonic() + _ROLL_CHECK_S
        version = self._people.version()
        if version != self._roll_version:
            self._roll_version = version
            recognition.roll = self._people.roll(model)
            log.info("%d people are enrolled", len(recognition.roll.names))

    def _register(self, outcome: Outcome, recognition: Recognition) -> None:
        try:
            result = self._registrar.register(outcome, recognition.roll.gallery)
        except StoreRetryable as error:
            self._notes.refused(error)
            return
        self._screen.say(describe(result, recognition.roll.names), status=result.outcome)
