"""Appends one event when a stage of the agency's policy has begun, with or without a network."""

import logging
from collections.abc import Callable

from kiosk.attendance.stage import Stage, stage_at
from kiosk.clock.clock import Clock
from kiosk.clock.event_log import EventLog
from sync.contract import Draft, StageEntered, StageEnteredDetail
from sync.documents.policy import Policy
from sync.ledger import Ledger

log = logging.getLogger(__name__)


class StageMonitor:
    """Looks whenever `tick` is called. The ledger says which stage was told last, so a restart repeats nothing."""

    def __init__(self, policy: Callable[[], Policy | None], clock: Clock, ledger: Ledger, event_log: EventLog) -> None:
        self._policy = policy
        self._clock = clock
        self._event_log = event_log
        last = ledger.last_event("stage_entered")
        body = None if last is None else last.body
        self._told = _stage_of(body.detail) if isinstance(body, StageEntered) else None

    def tick(self) -> None:
        """Looks at the policy and the clock once."""
        policy, moment = self._policy(), self._clock.moment()
        stage = None if policy is None else stage_at(policy, moment.latest)
        if policy is None or stage is None or stage.since is None or stage == self._told:
            return
        detail = StageEnteredDetail(stage=stage.name, decree=stage.decree, version=policy.version, due=stage.since)
        if self._event_log.record_draft(Draft(StageEntered(detail=detail), moment)) is not None:
            log.info("the stage %s began, due %s", stage.name, stage.since.isoformat())
            self._told = stage


def _stage_of(detail: StageEnteredDetail) -> Stage:
    return Stage(detail.stage, detail.decree, detail.due)
