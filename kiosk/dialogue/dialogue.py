"""Tells people what became of their visit, and takes their answers to it for a moment."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from kiosk.attendance.registrar import Registrar, VisitResult
from kiosk.attendance.stage import Stage
from kiosk.clock.event_log import EventLog
from kiosk.dialogue.cards import card_of, taken_back
from kiosk.people import EnrolledGallery
from kiosk.recognition.observation import BestFrame
from kiosk.recognition.outcome import VisitOutcome
from kiosk.screen import Card, Phrase, Screen
from kiosk.screen.state import ChoiceName
from kiosk.web.actions import ActionRefusedError
from sync.contract import RecordEntry
from sync.errors import StoreRetryable

log = logging.getLogger(__name__)

_KEPT: Final = 20
_IN_A_ROW_S: Final = 60.0
_WAY_S: Final = 0.5
"""What a touch may take to get here after the button is gone."""


@dataclass(slots=True)
class _Told:
    """A card that can be answered: whom it may concern, since when it is shown, and what was answered."""

    card: Card
    result: VisitResult
    names: Mapping[str, str]
    at_s: float
    choice: ChoiceName | None = None
    said: str = ""


class Dialogue:
    """Turns results into cards and takes the answers to them. Any thread may call it; one at a time."""

    def __init__(
        self,
        registrar: Registrar,
        event_log: EventLog,
        screen: Screen,
        registered: Callable[[VisitResult, EnrolledGallery], None] = lambda _result, _gallery: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`registered` is called with every result, and the gallery that it was matched against."""
        self._registrar = registrar
        self._event_log = event_log
        self._screen = screen
        self._registered = registered
        self._monotonic = monotonic
        self._lock = threading.RLock()  # an answer may lead to another card
        self._told: dict[str, _Told] = {}
        self._unknown_s: list[float] = []

    def stage(self) -> Stage:
        """The stage that holds now."""
        return self._registrar.stage()

    def register(self, visit: VisitOutcome, gallery: EnrolledGallery, best: BestFrame | None) -> None:
        """Record a visit and show its card, or show that the disk is full."""
        try:
            result = self._registrar.register(visit, gallery, best)
        except StoreRetryable as error:
            self._event_log.refused(error)
        else:
            self.tell(result, gallery.names)
            self._registered(result, gallery)

    def tell(self, result: VisitResult, names: Mapping[str, str]) -> Card:
        """Show the card of a result; `names` has that of its person."""
        with self._lock:
            now_s, chips = self._monotonic(), self._screen.state.chips
            online, unknowns = chips is None or chips.online, self._unknowns(result, now_s)
            card = card_of(result, names, self._screen.words, str(uuid4()), online=online, unknowns=unknowns)
            if card.choices:
                self._remember(_Told(card, result, names, now_s))
            self._screen.show(card, status=result.outcome)
        if isinstance(result.entry, RecordEntry):  # what a person's word of the screen can be compared with
            seq, receipt = result.entry.seq, result.entry.body.receipt
            log.debug("the person was told: %s, entry %d, receipt %s", result.outcome, seq, receipt)
        return card

    def make_way(self) -> None:
        """Somebody else stands there than the last card was for: what they touch is no answer to it."""
        with self._lock:
            self._told = {card: told for card, told in self._told.items() if told.choice is not None}
            self._screen.make_way()

    def tick(self) -> None:
        """Drop the cards whose time to answer is over, with the frame that they hold."""
        with self._lock:
            now_s = self._monotonic()
            self._told = {
                card: told for card, told in self._told.items() if told.choice is not None or not _late(told, now_s)
            }

    def answer(self, card: str, choice: ChoiceName) -> str:
        """Do what somebody chose, once, however often it arrives; what they are told.

        ActionRefusedError when it is too late, or there is no such choice; StoreRetryable when the disk is full.
        """
        with self._lock:
            told = self._told.get(card)
            if told is None or choice not in {offered.name for offered in told.card.choices}:
                raise ActionRefusedError(409, Phrase("too_late"))
            if told.choice is None:
                if _late(told, self._monotonic()):
                    raise ActionRefusedError(409, Phrase("too_late"))
                told.said, told.choice = self._do(told, choice), choice
                told.result = replace(told.result, presence=None)
            if told.choice != choice:
                raise ActionRefusedError(409, Phrase("too_late"))
            return told.said

    def _do(self, told: _Told, choice: ChoiceName) -> str:
        match choice:
            case "not_me":
                return self._take_back(told)
            case "yes":
                return self._leave_early(told)
            case "no":
                self._screen.clear(told.card.id, status="early: not recorded")
                return self._screen.words.say(Phrase("early_left"))

    def _take_back(self, told: _Told) -> str:
        if not isinstance(told.result.entry, RecordEntry):
            raise ActionRefusedError(409, Phrase("too_late"))
        self._registrar.take_back(told.result.entry)
        card = taken_back(self._screen.words, str(uuid4()))
        self._screen.show(card, status="taken back")
        return card.title

    def _leave_early(self, told: _Told) -> str:
        if told.result.presence is None:
            raise ActionRefusedError(409, Phrase("too_late"))
        result = self._registrar.attend(told.result.presence, early=True)
        return self.tell(replace(result, visit=told.result.visit), told.names).text

    def _remember(self, told: _Told) -> None:
        """The latest only: what is older has been on the screen for longer than anything can be answered."""
        self._told[told.card.id] = told
        for old in list(self._told)[:-_KEPT]:
            del self._told[old]

    def _unknowns(self, result: VisitResult, now_s: float) -> int:
        """How often in a row, in the last minute, nobody was recognised."""
        if result.outcome == "unknown":
            self._unknown_s = [at_s for at_s in self._unknown_s if now_s - at_s < _IN_A_ROW_S] + [now_s]
        elif result.outcome != "refused":
            self._unknown_s = []
        return len(self._unknown_s)


def _late(told: _Told, now_s: float) -> bool:
    return now_s > told.at_s + told.card.choose_s + _WAY_S
