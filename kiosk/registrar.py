"""From a visit's outcome to what the ledger holds of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kiosk.people import Roll
from kiosk.rules.attendance import Due, due_at, tells_of_today
from kiosk.rules.outcome import Outcome
from kiosk.rules.schedule import days_around, schedule_of
from kiosk.rules.stage import Stage, stage_at
from kiosk.statements import liveness_of, match_of, refusal_of, stranger_of, suspicion_of
from kiosk.storage.evidence import EvidenceKeeper, Sighting
from kiosk.storage.room import Room
from kiosk.witness.clock import Clock
from models.gallery import Identity
from sync.contract import (
    Draft,
    Entry,
    EventBody,
    Evidence,
    Place,
    RecordFacts,
    SessionName,
)
from sync.documents.policy import Rules
from sync.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a visit. `recorded` is said only of an entry that is on the disk."""

    outcome: Literal["recorded", "repeat", "practice", "inactive", "holiday", "closed", "spoof", "unknown", "refused"]
    visit: Outcome
    at: datetime
    """When it was decided; for a repeat, when the person was recorded before."""
    person: str | None = None
    session: SessionName | None = None
    entry: Entry | None = None


class Registrar:
    """Writes the ledger for one kiosk: the record of a person, or the event of somebody who was not recognised,
    or whose presence nothing shows."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Callable[[], Rules],
        *,
        place: Callable[[], Place],
        clock: Clock,
        roster: Callable[[], int | None] = lambda: None,
        room: Room | None = None,
        evidence: EvidenceKeeper | None = None,
    ) -> None:
        self._ledger = ledger
        self._rules = rules
        self._place = place
        self._clock = clock
        self._roster = roster
        self._room = room
        self._evidence = evidence

    def stage(self) -> Stage:
        """The stage that holds now."""
        return stage_at(self._rules(), self._clock.latest())

    def register(self, visit: Outcome, roll: Roll, best: Sighting | None = None) -> Result:
        """Make a visit last that was decided against `roll`, as the stage says: practice leaves nothing. `best` shows
        its person.

        StoreFull when the disk has no room, or is about to have none: then nothing is recorded.
        """
        if self._room is not None:
            self._room.check()
        rules, now = self._rules(), self._clock.now()
        stage = stage_at(rules, self._clock.latest())
        if not stage.recognises:
            return Result("inactive", visit, now)
        if visit.kind == "refused":
            return Result("refused", visit, now, entry=self._note(refusal_of(visit), stage))
        if visit.kind == "unknown" or visit.nearest is None:
            return Result("unknown", visit, now, entry=self._note(stranger_of(visit, roll), stage))
        if visit.kind == "spoof":
            return self._suspect(visit, visit.nearest, stage, now, best)
        if stage.name == "socialisation":
            return Result("practice", visit, now, visit.nearest.person)
        return self._attend(visit, visit.nearest, roll, rules, stage, now, best)

    def _attend(
        self,
        visit: Outcome,
        nearest: Identity,
        roll: Roll,
        rules: Rules,
        stage: Stage,
        now: datetime,
        best: Sighting | None,
    ) -> Result:
        known = self._clock.best(now)  # the record itself says the wall clock's time, and is corrected by another entry
        due = self._due(rules, roll, nearest.person, known)
        if isinstance(due, str):
            return Result(due, visit, known, nearest.person)
        if due.before is not None:
            then = due.before.at.astimezone(known.tzinfo)  # the wire keeps the offset, the screen names the zone
            return Result("repeat", visit, then, nearest.person, due.session, due.before)
        entry = self._record(visit, nearest, roll, stage, due, now, best)
        return Result("recorded", visit, known, nearest.person, due.session, entry)

    def _due(self, rules: Rules, roll: Roll, person: str, now: datetime) -> Due | Literal["holiday", "closed"]:
        wanted = roll.schedules.get(person)
        schedule = schedule_of(rules, wanted)
        if wanted not in (None, schedule):
            log.warning("the roster names a schedule %s that the policy does not have: %s holds", wanted, schedule)
        stamp = self._clock.stamp()
        records = self._ledger.records_of(person, *days_around(now))
        return due_at(rules, schedule, now, [record for record in records if tells_of_today(record, stamp)])

    def _record(
        self,
        visit: Outcome,
        nearest: Identity,
        roll: Roll,
        stage: Stage,
        due: Due,
        now: datetime,
        best: Sighting | None,
    ) -> Entry:
        facts = RecordFacts(
            person=nearest.person,
            session=due.session,
            method="face",
            stage="active" if stage.name == "active" else "trial",
            decree=stage.decree,
            place=self._place(),
            match=match_of(visit, nearest, roll, self._roster()),
            liveness=None if visit.proof is None else liveness_of(visit.proof),
            duty=due.duty,
            evidence=self._keep(nearest.person, best, now),
        )
        return self._append(Draft(facts, now, self._clock.stamp()))

    def _suspect(self, visit: Outcome, nearest: Identity, stage: Stage, now: datetime, best: Sighting | None) -> Result:
        """Nobody is recorded. The face is kept as evidence, as it is of a record: it is the one of a known person."""
        if stage.name == "socialisation":
            return Result("spoof", visit, now)
        body = suspicion_of(visit, nearest.person, self._keep(nearest.person, best, now))
        return Result("spoof", visit, now, entry=self._append(Draft(body, now, self._clock.stamp())))

    def _keep(self, person: str, best: Sighting | None, now: datetime) -> Evidence | None:
        return None if self._evidence is None else self._evidence.keep(person, best, now)

    def _append(self, draft: Draft) -> Entry:
        entry = self._ledger.append(draft)
        if self._evidence is not None:
            self._evidence.bind(entry)
        return entry

    def _note(self, body: EventBody, stage: Stage) -> Entry | None:
        """Append an event of now, unless people are practising."""
        if stage.name == "socialisation":
            return None
        return self._ledger.append(Draft(body, self._clock.now(), self._clock.stamp()))
