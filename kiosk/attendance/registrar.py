"""Decides what a visit is recorded as, and appends it to the ledger.

    camera ==frames==> recognition --VisitOutcome--> Dialogue --> Registrar --Draft--> Ledger
                                                        |   <--VisitResult--+
                                                        +--Card--> Screen

`Dialogue.register` (kiosk/dialogue/dialogue.py) is called by the vision worker with each outcome. It asks the registrar
here, which decides and writes, and shows the person the card of the `VisitResult` that comes back.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from kiosk.attendance.evidence import EvidenceVault
from kiosk.attendance.schedule import Due, days_around, due_at, schedule_of, tells_of_today
from kiosk.attendance.stage import Stage, stage_at
from kiosk.clock.clock import Clock, JudgedMoment
from kiosk.people import EnrolledGallery
from kiosk.recognition.liveness import LivenessResult
from kiosk.recognition.observation import BestFrame
from kiosk.recognition.outcome import VisitOutcome
from kiosk.storage.disk import DiskSpace
from models.gallery import Identity
from models.liveness.finding import Suspicion
from sync.contract import (
    ChallengeFailed,
    Draft,
    Entry,
    EventBody,
    Evidence,
    Liveness,
    Match,
    PictureSource,
    PinReason,
    Place,
    QualityRefused,
    QualityRefusedDetail,
    RecordEntry,
    RecordFacts,
    SessionName,
    SpoofSuspected,
    SuspicionDetail,
    UnknownFace,
    UnknownFaceDetail,
)
from sync.documents.policy import Rules
from sync.ledger import Ledger

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Presence:
    """An identified person who stands at the kiosk. `match` is set for a face, `reason` for a PIN."""

    person: str
    schedule: str | None
    """The schedule the person works by; None is the default schedule of the rules."""
    match: Match | None = None
    liveness: Liveness | None = None
    reason: PinReason | None = None
    """Why the person used a PIN and not their face."""
    best_frame: BestFrame | None = None
    """The frame that evidence is cut from; None when no frame shows the person."""

    @property
    def method(self) -> Literal["face", "pin"]:
        """How the person was identified."""
        return "face" if self.match is not None else "pin"


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What the registrar decided about a visit, for the card on the screen.

    The outcome is `recorded` only when the entry is on the disk. The outcome is `early` when the person would leave
    before the end of the shift: nothing is recorded until they confirm it. It is `repeat` when the session was recorded
    before, `practice` and `inactive` in the stages in which nothing is recorded, `holiday` or `closed` when no window
    is open, and `spoof`, `unknown` or `refused` as the kind of the visit says.
    """

    outcome: Literal[
        "recorded", "repeat", "early", "practice", "inactive", "holiday", "closed", "spoof", "unknown", "refused"
    ]
    at: datetime
    """The best known time of the decision; for a repeat, the time of the earlier record."""
    visit: VisitOutcome | None = None
    """The outcome of recognition; None for a PIN."""
    person: str | None = None
    session: SessionName | None = None
    entry: Entry | None = None
    presence: Presence | None = None
    """Set for `early`: `Registrar.attend` is called with it when the person confirms."""
    ends: datetime | None = None
    """When the shift of the person ends; set only when they leave early."""


class Registrar:
    """Writes visits into the ledger of one kiosk. Any thread may call it.

    An identified person becomes a record. A face that is refused, unknown or suspected to be a spoof becomes an event.

    Rules and clock are read once per decision, so that stage, session, lateness, place and time stamp of an entry
    belong together. Decisions use the best known time. The entry carries the time of the wall clock; when that was
    wrong, a later entry corrects it (kiosk/clock/corrections.py).

    Args:
        ledger: where entries are appended.
        rules: returns the rules in force, the agency's or those of the settings.
        place: returns the place of the kiosk at a moment (`place_of` in kiosk/position/place.py decides it).
        clock: the clock of the process.
        roster: returns the version of the roster in force, None without one.
        room: the disk that is checked before each decision; None checks nothing.
        evidence: keeps evidence of records and suspicions; None keeps none.
        asks: whether somebody who leaves early can be asked now to confirm it.
        source: where the camera's pictures come from, as records say it.
    """

    def __init__(  # noqa: PLR0913 - everything that a record says comes together here
        self,
        ledger: Ledger,
        rules: Callable[[], Rules],
        *,
        place: Callable[[JudgedMoment], Place],
        clock: Clock,
        roster: Callable[[], int | None] = lambda: None,
        room: DiskSpace | None = None,
        evidence: EvidenceVault | None = None,
        asks: Callable[[], bool] = lambda: False,
        source: PictureSource = "camera",
    ) -> None:
        self._ledger = ledger
        self._rules = rules
        self._place = place
        self._clock = clock
        self._roster = roster
        self._room = room
        self._evidence = evidence
        self._asks = asks
        self._source = source
        # Held from the look into the ledger to the append: two threads must not record the same session twice.
        self._turn = threading.Lock()

    def stage(self) -> Stage:
        """Returns the stage that holds now."""
        return self._begin().stage

    def register(self, visit: VisitOutcome, gallery: EnrolledGallery, best: BestFrame | None = None) -> VisitResult:
        """Records a visit, as far as the stage allows, and returns what was decided.

        `gallery` is the one that the visit was matched against, `best` the frame that evidence is cut from. In the
        stage `socialisation` people practise and nothing is written.

        Raises StoreFull when the disk has no room or is about to have none: nothing is recorded.
        """
        self._check_room()
        decision = self._begin()
        now = decision.now
        if not decision.stage.recognises:
            return VisitResult("inactive", now, visit)
        if visit.kind == "refused":
            return VisitResult("refused", now, visit, entry=self._note(refusal_of(visit), decision))
        if visit.kind == "unknown" or visit.nearest is None:
            return VisitResult("unknown", now, visit, entry=self._note(stranger_of(visit, gallery), decision))
        if visit.kind == "spoof":
            return self._suspect(visit, visit.nearest, decision, best)
        presence = Presence(
            visit.nearest.person,
            gallery.schedules.get(visit.nearest.person),
            match=match_of(visit, visit.nearest, gallery, self._roster()),
            liveness=None if visit.proof is None else liveness_of(visit.proof),
            best_frame=best,
        )
        return replace(self._attend(presence, decision), visit=visit)

    def attend(self, presence: Presence, *, early: bool = False) -> VisitResult:
        """Records an identified person, if the stage, the schedule and the earlier records of the day allow it.

        `early` is True when the person has confirmed that they leave before the end of the shift. Raises StoreFull as
        `register` does.
        """
        self._check_room()
        return self._attend(presence, self._begin(), early=early)

    def take_back(self, record: RecordEntry) -> Entry:
        """Appends the record that voids `record`, after somebody said that it is not theirs.

        Raises StoreRetryable when it cannot be recorded now.
        """
        moment = self._clock.moment()
        facts = record.body.model_dump(exclude={"receipt", "voids", "evidence", "place"})
        taken_back = RecordFacts(**facts, voids=record.id, place=self._place(moment))
        with self._turn:
            return self._ledger.append(Draft(taken_back, moment))

    def _begin(self) -> "_Decision":
        rules, moment = self._rules(), self._clock.moment()
        return _Decision(rules, moment, stage_at(rules, moment.latest))

    def _attend(self, presence: Presence, decision: "_Decision", *, early: bool = False) -> VisitResult:
        now = decision.now
        if not decision.stage.recognises:
            return VisitResult("inactive", now)
        if decision.practice:
            return VisitResult("practice", now, person=presence.person)
        with self._turn:
            due = self._due(presence, decision)
            if isinstance(due, str):
                return VisitResult(due, now, person=presence.person)
            result = VisitResult("recorded", now, person=presence.person, session=due.session, ends=due.ends)
            if due.before is not None:
                then = due.before.at.astimezone(now.tzinfo)  # the ledger keeps an offset, the screen names the zone
                return replace(result, outcome="repeat", at=then, entry=due.before)
            if due.ends is not None and not early and self._asks():
                return replace(result, outcome="early", presence=presence)
            return replace(result, entry=self._record(presence, due, decision))

    def _check_room(self) -> None:
        if self._room is not None:
            self._room.check()

    def _due(self, presence: Presence, decision: "_Decision") -> Due | Literal["holiday", "closed"]:
        rules, moment, wanted = decision.rules, decision.moment, presence.schedule
        schedule = schedule_of(rules, wanted)
        if wanted not in (None, schedule):
            log.warning("the roster names a schedule %s that the policy does not have: %s holds", wanted, schedule)
        records = self._ledger.records_of(presence.person, *days_around(moment.best))
        comparable = [record for record in records if tells_of_today(record, moment.clock)]
        return due_at(rules, schedule, moment.best, comparable)

    def _record(self, presence: Presence, due: Due, decision: "_Decision") -> Entry:
        stage, moment = decision.stage, decision.moment
        facts = RecordFacts(
            person=presence.person,
            session=due.session,
            method=presence.method,
            stage="active" if stage.name == "active" else "trial",
            decree=stage.decree,
            place=self._place(moment),
            match=presence.match,
            liveness=presence.liveness,
            duty=due.duty,
            evidence=self._keep(presence.person, presence.best_frame, moment),
            reason=presence.reason,
            source=self._source,
        )
        return self._append(Draft(facts, moment))

    def _suspect(
        self, visit: VisitOutcome, nearest: Identity, decision: "_Decision", best: BestFrame | None
    ) -> VisitResult:
        """Appends the event of a suspicion. Evidence is kept as for a record: the face is that of a known person."""
        moment = decision.moment
        if decision.practice:
            return VisitResult("spoof", moment.best, visit)
        body = suspicion_of(visit, nearest.person, self._keep(nearest.person, best, moment))
        return VisitResult("spoof", moment.best, visit, entry=self._append(Draft(body, moment)))

    def _keep(self, person: str, best: BestFrame | None, moment: JudgedMoment) -> Evidence | None:
        # Evidence ages from the best known time: stamped by a wall clock that shows last year, it would expire at once.
        return None if self._evidence is None else self._evidence.keep(person, best, moment.latest)

    def _append(self, draft: Draft) -> Entry:
        entry = self._ledger.append(draft)
        if self._evidence is not None:
            self._evidence.bind(entry)
        return entry

    def _note(self, body: EventBody, decision: "_Decision") -> Entry | None:
        """Appends an event, unless people are practising."""
        return None if decision.practice else self._ledger.append(Draft(body, decision.moment))


@dataclass(frozen=True, slots=True)
class _Decision:
    """What one decision of the registrar is based on: rules, moment, and the stage that follows from them."""

    rules: Rules
    moment: JudgedMoment
    stage: Stage

    @property
    def now(self) -> datetime:
        """The best known time of the decision."""
        return self.moment.best

    @property
    def practice(self) -> bool:
        """Whether people practise in this stage, so that nothing is written."""
        return self.stage.name == "socialisation"


def match_of(visit: VisitOutcome, nearest: Identity, gallery: EnrolledGallery, roster: int | None) -> Match:
    """Returns how the nearest person of the gallery was matched. `roster` is the version of the roster in force."""
    return Match(
        score=round(nearest.score, 4),
        threshold=round(gallery.acceptance.threshold, 4),
        margin=None if nearest.margin is None else round(nearest.margin, 4),
        frames=visit.frames,
        model=gallery.templates.model,
        roster=roster,
        gallery=len(gallery.templates),
    )


def liveness_of(result: LivenessResult) -> Liveness:
    """Returns what a record says of the liveness checks of its visit."""
    return Liveness(
        passed=result.passed, score=round(result.score, 4), checks=_lowest_scores(result), challenge=result.challenge
    )


def suspicion_of(visit: VisitOutcome, person: str, evidence: Evidence | None) -> SpoofSuspected | ChallengeFailed:
    """Returns the event of a face that did not pass the liveness checks.

    `person` is the one whose face it is. The event is `ChallengeFailed` when the only reason is that the asked movement
    was not made. Raises ValueError when the visit was not checked.
    """
    result = visit.proof
    if result is None or result.level == "off":
        raise ValueError("nothing was asked of this visit that could have failed")
    detail = SuspicionDetail(
        person=person,
        level=result.level,
        reasons=tuple(str(reason) for reason in result.reasons),
        checks=_lowest_scores(result),
        challenge=result.challenge,
        evidence=evidence,
    )
    undone = result.reasons == (Suspicion.NOT_DONE,)
    return ChallengeFailed(detail=detail) if undone else SpoofSuspected(detail=detail)


def refusal_of(visit: VisitOutcome) -> QualityRefused:
    """Returns the event of a visit without a good frame: how many frames each reason refused."""
    frames = sum(count for _, count in visit.reasons)
    reasons = {str(reason): count for reason, count in visit.reasons}
    return QualityRefused(detail=QualityRefusedDetail(frames=frames, reasons=reasons))


def stranger_of(visit: VisitOutcome, gallery: EnrolledGallery) -> UnknownFace:
    """Returns the event of a face that matches nobody in the gallery."""
    reason = visit.verdict if visit.verdict in ("threshold", "margin", "look_alike") else "empty_gallery"
    threshold = round(gallery.acceptance.threshold, 4)
    return UnknownFace(detail=UnknownFaceDetail(frames=visit.frames, threshold=threshold, reason=reason))


def _lowest_scores(result: LivenessResult) -> dict[str, float]:
    """Returns the lowest score of each check by the name of the check."""
    scores: dict[str, float] = {}
    for finding in result.findings:
        scores[finding.check] = min(round(finding.score, 4), scores.get(finding.check, 1.0))
    return scores
