"""From a visit's outcome to what the ledger holds of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kiosk.clock import Clock
from kiosk.people import Roll
from kiosk.rules.attendance import Session, Window, day_start, session_at
from kiosk.rules.visit import Outcome
from models.gallery import Identity
from sync.contract import (
    Draft,
    Entry,
    EventBody,
    Match,
    Place,
    QualityRefused,
    QualityRefusedDetail,
    RecordFacts,
    UnknownFace,
    UnknownFaceDetail,
)
from sync.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a visit. `recorded` is said only of an entry that is on the disk."""

    outcome: Literal["recorded", "repeat", "closed", "unknown", "refused"]
    visit: Outcome
    at: datetime
    """When it was decided; for a repeat, when the person was recorded before."""
    person: str | None = None
    session: Session | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say of attendance here."""

    stage: Literal["trial", "active"]
    decree: str | None
    windows: Sequence[Window]


class Registrar:
    """Writes the ledger for one kiosk: the record of a person, or the event of somebody who was not recognised."""

    def __init__(self, ledger: Ledger, rules: Rules, *, place: Callable[[], Place], clock: Clock) -> None:
        self._ledger = ledger
        self._rules = rules
        self._place = place
        self._clock = clock

    def register(self, visit: Outcome, roll: Roll) -> Result:
        """Make a visit last that was decided against `roll`.

        StoreFull when the disk has no room: then nothing is recorded.
        """
        now = self._clock.now()
        if visit.kind == "refused":
            frames = sum(count for _, count in visit.reasons)
            detail = QualityRefusedDetail(frames=frames, reasons={str(reason): n for reason, n in visit.reasons})
            return Result("refused", visit, now, entry=self._note(QualityRefused(detail=detail)))
        if visit.kind == "unknown" or visit.nearest is None:
            return Result("unknown", visit, now, entry=self._note(UnknownFace(detail=_why_unknown(visit, roll))))
        session = session_at(now, self._rules.windows)
        if session is None:
            return Result("closed", visit, now, visit.nearest.person)
        # A record that a wrong clock has dated later must not stand in for those of the days until then.
        today, tomorrow = day_start(now), day_start(now + timedelta(days=1))
        before = self._ledger.last_record(visit.nearest.person, session, today, tomorrow)
        if before is not None:
            return Result("repeat", visit, before.at, visit.nearest.person, session, before)
        entry = self._record(visit, visit.nearest, roll, session, now)
        return Result("recorded", visit, now, visit.nearest.person, session, entry)

    def _record(self, visit: Outcome, nearest: Identity, roll: Roll, session: Session, now: datetime) -> Entry:
        match = Match(
            score=round(nearest.score, 4),
            threshold=round(roll.acceptance.threshold, 4),
            margin=None if nearest.margin is None else round(nearest.margin, 4),
            frames=visit.frames,
            model=roll.gallery.model,
            gallery=len(roll.gallery),
        )
        facts = RecordFacts(
            person=nearest.person,
            session=session,
            method="face",
            stage=self._rules.stage,
            decree=self._rules.decree,
            place=self._place(),
            match=match,
        )
        return self._ledger.append(Draft(facts, now, self._clock.stamp()))

    def _note(self, body: EventBody) -> Entry:
        """Append an event of now."""
        return self._ledger.append(Draft(body, self._clock.now(), self._clock.stamp()))


def _why_unknown(visit: Outcome, roll: Roll) -> UnknownFaceDetail:
    reason = visit.verdict if visit.verdict in ("threshold", "margin", "look_alike") else "empty_gallery"
    return UnknownFaceDetail(frames=visit.frames, threshold=round(roll.acceptance.threshold, 4), reason=reason)
