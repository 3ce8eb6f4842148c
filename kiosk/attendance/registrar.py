"""From the outcome of a visit to the entry that the ledger keeps of it."""

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
    """A person who is there, the schedule they work by (None is the default), and how that is known: a face's match,
    or the `reason` for a PIN. `best_frame` shows them."""

    person: str
    schedule: str | None
    match: Match | None = None
    liveness: Liveness | None = None
    reason: PinReason | None = None
    best_frame: BestFrame | None = None

    @property
    def method(self) -> Literal["face", "pin"]:
        """How they are known."""
        return "face" if self.match is not None else "pin"


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What became of a visit. `recorded` is said only of an entry that is on the disk; `early`, that nothing is
    recorded unless the person, who leaves before the end of the shift, says so."""

    outcome: Literal[
        "recorded", "repeat", "early", "practice", "inactive", "holiday", "closed", "spoof", "unknown", "refused"
    ]
    at: datetime
    """When it was decided; for a repeat, when the person was recorded before."""
    visit: VisitOutcome | None = None
    """How a face was seen; None for a PIN."""
    person: str | None = None
    session: SessionName | None = None
    entry: Entry | None = None
    presence: Presence | None = None
    """Of who is asked whether they leave early."""
    ends: datetime | None = None
    """When their shift ends."""


def match_of(visit: VisitOutcome, nearest: Identity, gallery: EnrolledGallery, roster: int | None) -> Match:
    """How the person was found in the roll; `roster` is the agency's version of it."""
    return Match(
        score=round(nearest.score, 4),
        threshold=round(gallery.acceptance.threshold, 4),
        margin=None if nearest.margin is None else round(nearest.margin, 4),
        frames=visit.frames,
        model=gallery.templates.model,
        roster=roster,
        gallery=len(gallery.templates),
    )


def liveness_of(proof: LivenessResult) -> Liveness:
    """What spoke for a person who was there."""
    return Liveness(
        passed=proof.passed, score=round(proof.score, 4), checks={**_scores(proof)}, challenge=proof.challenge
    )


def suspicion_of(visit: VisitOutcome, person: str, evidence: Evidence | None) -> SpoofSuspected | ChallengeFailed:
    """Why nothing shows that a person was there whose face was. ValueError when the visit has no such proof."""
    proof = visit.proof
    if proof is None or proof.level == "off":
        raise ValueError("nothing was asked of this visit that could have failed")
    detail = SuspicionDetail(
        person=person,
        level=proof.level,
        reasons=tuple(str(reason) for reason in proof.reasons),
        checks=_scores(proof),
        challenge=proof.challenge,
        evidence=evidence,
    )
    undone = proof.reasons == (Suspicion.NOT_DONE,)
    return ChallengeFailed(detail=detail) if undone else SpoofSuspected(detail=detail)


def refusal_of(visit: VisitOutcome) -> QualityRefused:
    """What was wrong with every frame."""
    frames = sum(count for _, count in visit.reasons)
    reasons = {str(reason): count for reason, count in visit.reasons}
    return QualityRefused(detail=QualityRefusedDetail(frames=frames, reasons=reasons))


def stranger_of(visit: VisitOutcome, gallery: EnrolledGallery) -> UnknownFace:
    """Why the face is nobody's in the roll."""
    reason = visit.verdict if visit.verdict in ("threshold", "margin", "look_alike") else "empty_gallery"
    threshold = round(gallery.acceptance.threshold, 4)
    return UnknownFace(detail=UnknownFaceDetail(frames=visit.frames, threshold=threshold, reason=reason))


def _scores(proof: LivenessResult) -> dict[str, float]:
    """The lowest score of each check."""
    scores: dict[str, float] = {}
    for finding in proof.findings:
        scores[finding.check] = min(round(finding.score, 4), scores.get(finding.check, 1.0))
    return scores


class Registrar:
    """Writes the ledger for one kiosk: the record of a person, or the event of somebody who was not recognised,
    or whose presence nothing shows. Any thread may call it.

    What it writes is of the one moment at which it decided: stage, session, lateness, place and time stamp. It goes by
    the best known time; the entry itself says the wall clock's, and is corrected by another entry.

    `asks` says whether somebody who leaves early can be asked whether they mean to, `source` where pictures come from.
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
        # Between "not recorded yet" and the record nobody else may record the person.
        self._turn = threading.Lock()

    def stage(self) -> Stage:
        """The stage that holds now."""
        return self._stage(self._clock.moment())

    def register(self, visit: VisitOutcome, gallery: EnrolledGallery, best: BestFrame | None = None) -> VisitResult:
        """Make a visit last that was decided against `gallery`, as the stage says: practice leaves nothing.
        `best` shows its person.

        StoreFull when the disk has no room, or is about to have none: then nothing is recorded.
        """
        self._check_room()
        moment = self._clock.moment()
        stage, now = self._stage(moment), moment.best
        if not stage.recognises:
            return VisitResult("inactive", now, visit)
        if visit.kind == "refused":
            return VisitResult("refused", now, visit, entry=self._note(refusal_of(visit), stage, moment))
        if visit.kind == "unknown" or visit.nearest is None:
            return VisitResult("unknown", now, visit, entry=self._note(stranger_of(visit, gallery), stage, moment))
        if visit.kind == "spoof":
            return self._suspect(visit, visit.nearest, stage, moment, best)
        presence = Presence(
            visit.nearest.person,
            gallery.schedules.get(visit.nearest.person),
            match=match_of(visit, visit.nearest, gallery, self._roster()),
            liveness=None if visit.proof is None else liveness_of(visit.proof),
            best_frame=best,
        )
        return replace(self._attend(presence, moment), visit=visit)

    def attend(self, presence: Presence, *, early: bool = False) -> VisitResult:
        """Record a person who is there, if the stage, their schedule and what is recorded of them today let that be.
        `early`: they have said that they leave before the end.

        StoreFull as for `register`.
        """
        self._check_room()
        return self._attend(presence, self._clock.moment(), early=early)

    def take_back(self, record: RecordEntry) -> Entry:
        """Void a record of somebody who says that it is not theirs. StoreRetryable when that cannot be recorded now."""
        moment = self._clock.moment()
        facts = record.body.model_dump(exclude={"receipt", "voids", "evidence", "place"})
        taken_back = RecordFacts(**facts, voids=record.id, place=self._place(moment))
        with self._turn:
            return self._ledger.append(Draft(taken_back, moment))

    def _attend(self, presence: Presence, moment: JudgedMoment, *, early: bool = False) -> VisitResult:
        stage, now = self._stage(moment), moment.best
        if not stage.recognises:
            return VisitResult("inactive", now)
        if stage.name == "socialisation":
            return VisitResult("practice", now, person=presence.person)
        with self._turn:
            due = self._due(presence, moment)
            if isinstance(due, str):
                return VisitResult(due, now, person=presence.person)
            who = VisitResult("recorded", now, person=presence.person, session=due.session, ends=due.ends)
            if due.before is not None:
                then = due.before.at.astimezone(now.tzinfo)  # the wire keeps the offset, the screen names the zone
                return replace(who, outcome="repeat", at=then, entry=due.before)
            if due.ends is not None and not early and self._asks():
                return replace(who, outcome="early", presence=presence)
            return replace(who, entry=self._record(presence, stage, due, moment))

    def _stage(self, moment: JudgedMoment) -> Stage:
        return stage_at(self._rules(), moment.latest)

    def _check_room(self) -> None:
        if self._room is not None:
            self._room.check()

    def _due(self, presence: Presence, moment: JudgedMoment) -> Due | Literal["holiday", "closed"]:
        rules, wanted = self._rules(), presence.schedule
        schedule = schedule_of(rules, wanted)
        if wanted not in (None, schedule):
            log.warning("the roster names a schedule %s that the policy does not have: %s holds", wanted, schedule)
        records = self._ledger.records_of(presence.person, *days_around(moment.best))
        told = [record for record in records if tells_of_today(record, moment.clock)]
        return due_at(rules, schedule, moment.best, told)

    def _record(self, presence: Presence, stage: Stage, due: Due, moment: JudgedMoment) -> Entry:
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
        self, visit: VisitOutcome, nearest: Identity, stage: Stage, moment: JudgedMoment, best: BestFrame | None
    ) -> VisitResult:
        """Nobody is recorded. The face is kept as evidence, as it is of a record: it is the one of a known person."""
        if stage.name == "socialisation":
            return VisitResult("spoof", moment.best, visit)
        body = suspicion_of(visit, nearest.person, self._keep(nearest.person, best, moment))
        return VisitResult("spoof", moment.best, visit, entry=self._append(Draft(body, moment)))

    def _keep(self, person: str, best: BestFrame | None, moment: JudgedMoment) -> Evidence | None:
        # Its age counts from the best known time: by a wall clock that shows last year it would be too old tomorrow.
        return None if self._evidence is None else self._evidence.keep(person, best, moment.latest)

    def _append(self, draft: Draft) -> Entry:
        entry = self._ledger.append(draft)
        if self._evidence is not None:
            self._evidence.bind(entry)
        return entry

    def _note(self, body: EventBody, stage: Stage, moment: JudgedMoment) -> Entry | None:
        """Append an event, unless people are practising."""
        if stage.name == "socialisation":
            return None
        return self._ledger.append(Draft(body, moment))
