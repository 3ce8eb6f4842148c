"""Events of the daemon that must last: appended to the ledger, or said to be impossible."""

import logging

from kiosk.clock.clock import Clock
from kiosk.screen import Phrase, Screen
from sync.contract import Draft, Entry, EventBody
from sync.errors import StoreRetryable
from sync.ledger import Ledger

log = logging.getLogger(__name__)


class EventLog:
    """Appends events of now. Any thread may."""

    def __init__(self, ledger: Ledger, clock: Clock, screen: Screen) -> None:
        self._ledger = ledger
        self._clock = clock
        self._screen = screen

    def record(self, body: EventBody) -> Entry | None:
        """Append an event of now; None, said on the screen and in the log, when the ledger cannot take it now."""
        return self.record_draft(Draft(body, self._clock.moment()))

    def record_draft(self, draft: Draft) -> Entry | None:
        """Append what has its time already; None as for `append`."""
        try:
            return self._ledger.append(draft)
        except StoreRetryable as error:
            self.refused(error)
            return None

    def refused(self, error: StoreRetryable) -> None:
        """Say that something could not be recorded."""
        log.error("not recorded: %s", error)
        self._screen.say(Phrase("storage"), status=f"not recorded: no room in the ledger: {error}")
