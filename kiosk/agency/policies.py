"""The policy in force: read from the store with its signature, and put into force."""

import logging
from typing import Final

from kiosk.agency.acceptance import DocumentAcceptance
from kiosk.agency.store import Applied, Documents
from kiosk.attendance.stage import stage_at
from kiosk.clock.clock import Clock
from kiosk.clock.event_log import EventLog
from kiosk.people import People
from sync.contract import Draft, PolicyApplied, PolicyAppliedDetail
from sync.documents.policy import POLICY, Policy
from sync.ledger import Ledger

log = logging.getLogger(__name__)

_POLICY: Final = "policy"


class PolicyInForce:
    """Holds the policy in force. One thread reads and reconciles it; any thread may call `current`.

    The `clock` decides which stage of the policy holds.
    """

    def __init__(
        self,
        store: Documents,
        acceptance: DocumentAcceptance,
        people: People,
        ledger: Ledger,
        event_log: EventLog,
        clock: Clock,
    ) -> None:
        self._store = store
        self._acceptance = acceptance
        self._people = people
        self._ledger = ledger
        self._event_log = event_log
        self._clock = clock
        self._current: Policy | None = None

    def current(self) -> Policy | None:
        """Returns the policy in force, None until the agency has sent one."""
        return self._current

    def keeps_photos(self) -> bool:
        """Returns whether portraits of people of the roster are kept after they are embedded."""
        return self._current is not None and self._current.photos == "keep"

    def read(self) -> None:
        """Reads the policy from the store.

        Raises RefusedError when it was changed on the disk; the policy that was read before stays in force.
        """
        self._current = self._acceptance.kept(_POLICY, POLICY) or self._current

    def reconcile(self) -> bool:
        """Appends the event of a policy that is new, and drops portraits if the policy says so.

        Returns False when the ledger could not take the event: the caller must try again.
        """
        policy = self._current
        if policy is None or policy.version <= self._store.applied(_POLICY).version:
            return True
        if policy.photos == "drop":
            self._people.drop_portraits()
        moment = self._clock.moment()
        stage = stage_at(policy, moment.latest)
        detail = PolicyAppliedDetail(version=policy.version, stage=stage.name, decree=stage.decree)
        draft = Draft(PolicyApplied(detail=detail), moment)
        if not self._told(policy.version) and self._event_log.record_draft(draft) is None:
            return False
        self._store.apply(_POLICY, Applied(policy.version))
        log.info("policy %d holds: stage %s", detail.version, detail.stage)
        return True

    def _told(self, version: int) -> bool:
        """Returns whether the ledger has the event already: the power may have failed before the store was written."""
        last = self._ledger.last_event("policy_applied")
        return last is not None and isinstance(last.body, PolicyApplied) and last.body.detail.version >= version
