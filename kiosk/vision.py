"""The worker that looks at frames and makes the outcome of every visit last."""

import logging
import threading
from collections.abc import Callable

from camera import Frame
from kiosk.latest import Latest
from kiosk.look import Looker
from kiosk.notes import Notes
from kiosk.people import People, Roll, Standard
from kiosk.people.keeper import RollKeeper
from kiosk.people.renewal import renew
from kiosk.phrases import phrase
from kiosk.recognition import Recognition
from kiosk.registrar import Registrar
from kiosk.rules.visit import Outcome
from kiosk.screen import Screen, describe
from kiosk.worker import Beat
from sync.contract import RecordEntry
from sync.errors import StoreRetryable

log = logging.getLogger(__name__)
_TAKE_S = 0.5


class Vision:
    """Recognition and its registrar in one thread: MediaPipe's graphs belong to the thread that made them."""

    def __init__(
        self,
        frames: Latest[Frame],
        build_looker: Callable[[], Looker],
        build_recognition: Callable[[Looker, Roll], Recognition],
        *,
        people: People,
        standard: Standard,
        registrar: Registrar,
        notes: Notes,
        screen: Screen,
    ) -> None:
        self._frames = frames
        self._build_looker = build_looker
        self._build_recognition = build_recognition
        self._people = people
        self._standard = standard
        self._registrar = registrar
        self._notes = notes
        self._screen = screen

    def run(self, stop: threading.Event, beat: Beat) -> None:
        """Look at frames until `stop` is set."""
        with self._build_looker() as looker:
            self._renew(looker, beat)
            keeper = RollKeeper(self._people, self._standard)
            recognition = self._build_recognition(looker, keeper.current())
            self._screen.say(phrase("idle"), status="ready")
            while not stop.is_set():
                beat()
                if recognition.idle:  # nobody's visit is decided against two rolls
                    recognition.roll = keeper.current()
                frame = self._frames.take(_TAKE_S)
                outcome = recognition.process(frame) if frame is not None else None
                if outcome is not None:
                    self._register(outcome, recognition.roll)

    def _renew(self, looker: Looker, beat: Beat) -> None:
        """After a change of model, or damage, embed people again from their portraits."""
        renewal = renew(self._people, looker.embedder, beat)
        if renewal.renewed:
            log.info("%d people were embedded again for %s", len(renewal.renewed), looker.embedder.model)
        for person in renewal.to_enrol:
            log.error("%s has no portrait that can be embedded again: enrol this person again", person)

    def _register(self, outcome: Outcome, roll: Roll) -> None:
        try:
            result = self._registrar.register(outcome, roll)
        except StoreRetryable as error:
            self._notes.refused(error)
            return
        self._screen.say(describe(result, roll.names), status=result.outcome)
        if isinstance(result.entry, RecordEntry):  # what a person's word of the screen can be compared with
            seq, receipt = result.entry.seq, result.entry.body.receipt
            log.debug("the person was told: %s, entry %d, receipt %s", result.outcome, seq, receipt)
