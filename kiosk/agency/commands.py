"""Commands of the centre to this kiosk. Each is done once, in the order of the versions, and answered."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk.agency.acceptance import digest_of, judge
from kiosk.agency.policies import PolicyInForce
from kiosk.agency.refusals import Refusal, Refusals
from kiosk.agency.roster import RosterInForce
from kiosk.agency.store import Documents
from kiosk.attendance.stage import stage_at
from kiosk.clock.clock import Clock
from kiosk.people import People
from kiosk.screen import Phrase, Screen
from sync.documents.command import Command, Fact, Reload, Reply, Report, ResendFrom, Say
from sync.errors import StoreRetryable
from sync.ledger import Ledger

log = logging.getLogger(__name__)

_COMMAND: Final = "command"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Collects the facts of the reply to the command `report`."""

    version: str
    ledger: Ledger
    people: People
    roster: RosterInForce
    policies: PolicyInForce
    clock: Clock

    def facts(self) -> Mapping[str, Fact]:
        """Returns the status of the kiosk now. Versions are None where there is no document of the agency."""
        counts, policy, now = self.ledger.counts(), self.policies.current(), self.clock.moment()
        statuses = self.people.statuses()
        return {
            "version": self.version,
            "last_seq": counts.last_seq,
            "unsent": counts.unsent,
            "waiting": counts.waiting,
            "people": len(statuses),
            "without_face": sum(status.shots == 0 for status in statuses.values()),
            "roster": self.roster.version or None,
            "policy": None if policy is None else policy.version,
            "stage": None if policy is None else stage_at(policy, now.latest).name,
            "free_bytes": shutil.disk_usage(self.ledger.path.parent).free,
            "clock": now.clock.source,
        }


class ScreenNotice:
    """Shows a text from the centre on the screen for a while, unless another takes its place."""

    def __init__(self, screen: Screen, monotonic: Callable[[], float]) -> None:
        self._screen = screen
        self._monotonic = monotonic
        self._line = ""
        self._until_s: float | None = None

    def say(self, line: str, seconds: float) -> None:
        """Shows `line` for `seconds`."""
        self._line, self._until_s = line, self._monotonic() + seconds
        self._screen.say(Phrase("said", text=line), status="a line from the centre is shown", tone="plain")

    def tick(self) -> None:
        """Removes the text when its time is over."""
        if self._until_s is None or self._monotonic() < self._until_s:
            return
        self._until_s = None
        if self._screen.state.banner.title == self._line:
            self._screen.resume(status="the line from the centre is taken away")


class Commands:
    """Admits and executes commands. `admit` is called in the uplink's thread, `do` in the agency worker's.

    `facts` returns the facts of a report. `archived` returns the number of the last entry that was moved out of the
    ledger.
    """

    def __init__(
        self,
        store: Documents,
        refusals: Refusals,
        notice: ScreenNotice,
        facts: Callable[[], Mapping[str, Fact]],
        archived: Callable[[], int],
    ) -> None:
        self._store = store
        self._refusals = refusals
        self._notice = notice
        self._facts = facts
        self._archived = archived
        self._turn = threading.Lock()

    def admit(self, command: Command, payload: bytes) -> bool:
        """Returns whether a command is to be done: it is newer than every command before it.

        The version is stored first, so that a command is not done twice after a crash. A refused one is counted.
        """
        digest = digest_of(payload)
        try:
            with self._turn:
                verdict = judge(command.version, digest, self._store.held(_COMMAND))
                if verdict == "newer":
                    self._store.put(_COMMAND, command.version, digest, None)
        except StoreRetryable as error:
            log.warning("a command is not done: %s", error)
            return False
        if verdict in ("rollback", "conflict"):
            text = "a newer command was taken before" if verdict == "rollback" else "another one had this version"
            # Refusals are not kept apart by version: without a pinned key anybody could make up any number of them.
            self._refusals.add(Refusal("command", verdict, f"{text}: {command.version}"))
        return verdict == "newer"

    def do(self, command: Command, at: datetime) -> Reply:
        """Executes an admitted command and returns the reply.

        `reload` is executed by the agency worker and `resend_from` by the uplink; here they are only answered.
        """
        done, text, facts = True, "done", dict[str, Fact]()
        match command:
            case Report():
                facts = dict(self._facts())
            case Say() if command.text.isprintable():
                self._notice.say(command.text, command.seconds)
            case Say():
                done, text = False, "the line cannot be shown on a screen"
            case ResendFrom() if command.seq <= (last := self._archived()):
                done, text = False, f"entries up to {last} left the ledger: kiosk ledger export --all brings them"
            case Reload() | ResendFrom():
                pass
        log.info("command %s of the centre: %s", command.command, text)
        return Reply(
            unit=command.unit,
            kiosk=command.kiosk,
            to_version=command.version,
            at=at,
            done=done,
            text=text,
            facts=facts,
        )
