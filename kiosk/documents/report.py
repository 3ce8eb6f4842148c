"""What the kiosk says of itself when the centre asks: numbers and states, never who."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.documents.policies import Policies
from kiosk.documents.roster import Roster
from kiosk.people import People
from kiosk.rules.stage import stage_at
from kiosk.witness.clock import Clock
from sync.documents.command import Fact
from sync.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Reporter:
    """Whom it asks."""

    version: str
    ledger: Ledger
    people: People
    roster: Roster
    policies: Policies
    clock: Clock

    def facts(self) -> Mapping[str, Fact]:
        """How the kiosk is now. Versions are null where there is no document of the agency."""
        counts, policy, now = self.ledger.counts(), self.policies.current(), self.clock.moment()
        standing = self.people.standing()
        return {
            "version": self.version,
            "last_seq": counts.last_seq,
            "unsent": counts.unsent,
            "waiting": counts.waiting,
            "people": len(standing),
            "without_face": sum(known.shots == 0 for known in standing.values()),
            "roster": self.roster.version or None,
            "policy": None if policy is None else policy.version,
            "stage": None if policy is None else stage_at(policy, now.latest).name,
            "free_bytes": shutil.disk_usage(self.ledger.path.parent).free,
            "clock": now.clock.source,
        }
