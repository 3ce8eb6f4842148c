"""Takes shots from visits that were certain into the templates of the people who came."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.attendance.registrar import VisitResult
from kiosk.clock.event_log import EventLog
from kiosk.people import EnrolledGallery, People
from kiosk.people.later_shots import MOST_LATER, LaterShot, may_add
from sync.contract import RecordEntry, ShotAdded, ShotAddedDetail
from sync.errors import StoreRetryable
from sync.ledger import Ledger

_SETTLED_S: Final = 60.0
"""After so long a record is not taken back any more: the card that offers that is gone."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """A shot that waits until nobody can take its record back."""

    shot: LaterShot
    record: RecordEntry
    later: int
    at_s: float


class LaterShots:
    """Takes shots from recorded visits, a minute after them. For one thread.

    `allowed` says whether the agency, or else the settings, want it. `monotonic` gives seconds.
    """

    def __init__(
        self,
        people: People,
        ledger: Ledger,
        event_log: EventLog,
        allowed: Callable[[], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._people = people
        self._ledger = ledger
        self._event_log = event_log
        self._allowed = allowed
        self._monotonic = monotonic
        self._offers: list[_Offer] = []

    def offer(self, result: VisitResult, gallery: EnrolledGallery) -> None:
        """Take in what became of a visit that was matched against `gallery`; most give no shot."""
        visit, record = result.visit, result.entry
        if visit is None or result.outcome != "recorded" or not isinstance(record, RecordEntry) or not self._allowed():
            return
        found, proof = visit.nearest, visit.proof
        if found is None or visit.probe is None or proof is None or not proof.passed:
            return
        known = gallery.enrolments.get(found.person)
        if known is None or any(found.person in pair for pair in gallery.look_alikes):
            return
        shot = LaterShot(visit.probe, result.at.date(), float(known.template @ visit.probe))
        if may_add(found, shot.score, shot.day, known.on, known.later, gallery.acceptance):
            later = min(len(known.later) + 1, MOST_LATER)
            self._offers.append(_Offer(shot, record, later, self._monotonic()))

    def step(self, model: str) -> bool:
        """Store one shot that has waited long enough, made by `model`. Returns whether a template has changed.

        The event goes first. A shot is dropped when its record was taken back, or the ledger cannot take the event.
        """
        if not self._offers or self._monotonic() - self._offers[0].at_s < _SETTLED_S:
            return False
        offer = self._offers.pop(0)
        person, shot = offer.record.body.person, offer.shot
        valid = self._ledger.records_of(person, offer.record.day)
        if not self._allowed() or offer.record.id not in {record.id for record in valid}:
            return False
        detail = ShotAddedDetail(person=person, score=round(shot.score, 4), later=offer.later, model=model)
        if self._event_log.record(ShotAdded(detail=detail)) is None:
            return False
        try:
            return self._people.add_later(person, model, shot)
        except StoreRetryable as error:
            self._event_log.refused(error)
            return False
