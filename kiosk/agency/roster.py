"""Makes the agency's roster hold: who is not in it is erased, who is in it is waited for, and when all is done is told.

What is still to be done is seen from the manifest and the store of people alone, so that it does not matter when the
power goes: whoever looks next goes on.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from kiosk.agency.acceptance import DocumentAcceptance
from kiosk.agency.store import Applied, Documents
from kiosk.clock.event_log import EventLog
from kiosk.people import EnrolmentStatus, People
from kiosk.runtime.errors import UnknownPersonError
from sync.contract import Removed, RemovedDetail, RosterApplied, RosterAppliedDetail
from sync.documents.roster import MANIFEST, RosterManifest
from sync.ledger import Ledger

log = logging.getLogger(__name__)

_ROSTER: Final = "roster"


class RosterInForce:
    """The roster in force. For one thread; any may ask for `version`. `forget` erases a person's evidence."""

    def __init__(
        self,
        store: Documents,
        acceptance: DocumentAcceptance,
        people: People,
        ledger: Ledger,
        event_log: EventLog,
        model: str,
        forget: Callable[[str], object],
    ) -> None:
        self.manifest: RosterManifest | None = None
        self.version = store.applied(_ROSTER).version
        self._store = store
        self._acceptance = acceptance
        self._people = people
        self._ledger = ledger
        self._event_log = event_log
        self._model = model
        self._forget = forget

    def read(self) -> None:
        """Take the manifest from the store. RefusedError when it was changed there; the one known stays in force."""
        self.manifest = self._acceptance.kept(_ROSTER, MANIFEST) or self.manifest

    def reconcile(self, beat: Callable[[], None] = lambda: None) -> bool:
        """Erase who is no longer named, take charge of who is, and tell once everybody is as the manifest says. False
        when a full disk took no event: then it is to be done again."""
        if self.manifest is None:
            return True
        named, standing = self.manifest.people, self._people.statuses()
        for person, known in standing.items():
            beat()  # of hundreds at once, each waits for the disk
            if person not in named and known.origin == "roster":
                self._erase(person)
            elif person in named and known.origin == "wall":
                self._people.adopt(person)
        for person in self._store.people():
            beat()
            if person not in named:
                self._store.forget(person)
        if all(_current(standing.get(person), version, self._model) for person, version in named.items()):
            return self._tell(self.manifest, standing)
        return True

    def missing(self) -> list[str]:
        """Those whose documents are not here and not made to hold yet."""
        if self.manifest is None:
            return []
        standing, waiting = self._people.statuses(), self._store.waiting()
        return [
            person
            for person, version in self.manifest.people.items()
            if waiting.get(person) != version and not _current(standing.get(person), version, self._model)
        ]

    def _erase(self, person: str) -> None:
        # The person's row goes last: as long as it is there, the evidence is looked for again.
        self._forget(person)
        try:
            shots = self._people.remove(person)
        except UnknownPersonError:  # somebody at the device was faster
            return
        log.info("%s is not on the roster any more and is erased", person)
        self._event_log.record(Removed(detail=RemovedDetail(person=person, templates=shots)))

    def _tell(self, manifest: RosterManifest, standing: Mapping[str, EnrolmentStatus]) -> bool:
        before = self._store.applied(_ROSTER)
        if manifest.version <= before.version:
            return True
        now = manifest.people
        detail = RosterAppliedDetail(
            version=manifest.version,
            people=len(now),
            added=len(now.keys() - before.people.keys()),
            changed=sum(now[person] != version for person, version in before.people.items() if person in now),
            removed=len(before.people.keys() - now.keys()),
            without_face=sum(standing[person].shots == 0 for person in now),
        )
        if not self._told(manifest.version) and self._event_log.record(RosterApplied(detail=detail)) is None:
            return False
        self._store.apply(_ROSTER, Applied(manifest.version, now))
        self.version = manifest.version
        log.info("roster %d holds: %d people, %d without a face", detail.version, detail.people, detail.without_face)
        return True

    def _told(self, version: int) -> bool:
        """Whether the ledger has it already: the power may have gone before the store had."""
        last = self._ledger.last_event("roster_applied")
        return last is not None and isinstance(last.body, RosterApplied) and last.body.detail.version >= version


def _current(known: EnrolmentStatus | None, version: int, model: str) -> bool:
    """Whether a person is as the manifest says, with templates of the model that is used here."""
    return known is not None and (known.origin, known.version, known.model) == ("roster", version, model)
