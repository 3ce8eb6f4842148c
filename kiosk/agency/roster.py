"""Puts the agency's roster into force: erases people it does not name, and tells when everybody it names is here.

What remains to be done follows from the manifest and the store of people alone. After a power failure the next look
continues.
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
    """Holds the roster in force. It belongs to one thread; any thread may read `version`.

    `model` names the embedder whose templates count. `forget` erases the evidence of a person.
    """

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
        """Reads the manifest from the store.

        Raises RefusedError when it was changed on the disk; the manifest that was read before stays in force.
        """
        self.manifest = self._acceptance.kept(_ROSTER, MANIFEST) or self.manifest

    def reconcile(self, beat: Callable[[], None] = lambda: None) -> bool:
        """Erases people who are no longer named, adopts local people who are named, and tells when all is done.

        Returns False when the ledger could not take the event: the caller must try again. `beat` is called between
        people.
        """
        if self.manifest is None:
            return True
        named, statuses = self.manifest.people, self._people.statuses()
        for person, status in statuses.items():
            beat()  # hundreds may be erased at once, and each waits for the disk
            if person not in named and status.origin == "roster":
                self._erase(person)
            elif person in named and status.origin == "wall":
                self._people.adopt(person)
        for person in self._store.people():
            beat()
            if person not in named:
                self._store.forget(person)
        if all(_current(statuses.get(person), version, self._model) for person, version in named.items()):
            return self._tell(self.manifest, statuses)
        return True

    def missing(self) -> list[str]:
        """Returns the people whose documents are neither stored nor put into force."""
        if self.manifest is None:
            return []
        statuses, waiting = self._people.statuses(), self._store.waiting()
        return [
            person
            for person, version in self.manifest.people.items()
            if waiting.get(person) != version and not _current(statuses.get(person), version, self._model)
        ]

    def _erase(self, person: str) -> None:
        # The row of the person is removed last: while it is there, the evidence is erased again after a crash.
        self._forget(person)
        try:
            shots = self._people.remove(person)
        except UnknownPersonError:  # a command on the device has removed the person in the meantime
            return
        log.info("%s is not on the roster any more and is erased", person)
        self._event_log.record(Removed(detail=RemovedDetail(person=person, templates=shots)))

    def _tell(self, manifest: RosterManifest, statuses: Mapping[str, EnrolmentStatus]) -> bool:
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
            without_face=sum(statuses[person].shots == 0 for person in now),
        )
        if not self._told(manifest.version) and self._event_log.record(RosterApplied(detail=detail)) is None:
            return False
        self._store.apply(_ROSTER, Applied(manifest.version, now))
        self.version = manifest.version
        log.info("roster %d holds: %d people, %d without a face", detail.version, detail.people, detail.without_face)
        return True

    def _told(self, version: int) -> bool:
        """Returns whether the ledger has the event already: the power may have failed before the store was written."""
        last = self._ledger.last_event("roster_applied")
        return last is not None and isinstance(last.body, RosterApplied) and last.body.detail.version >= version


def _current(status: EnrolmentStatus | None, version: int, model: str) -> bool:
    """Returns whether a person is as the manifest says, with templates of the model that is used here."""
    return status is not None and (status.origin, status.version, status.model) == ("roster", version, model)
