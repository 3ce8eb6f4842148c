"""Appends the events of the daemon to the ledger, and shows and logs when that is not possible."""

import logging

from kiosk.clock.clock import Clock
from kiosk.screen import Phrase, Screen
from sync.contract import Draft, Entry, EventBody
from sync.errors import StoreRetryable
from sync.ledger import Ledger

log = logging.getLogger(__name__)


class EventLog:
    """Appends events to the ledger, stamped with the time of now. Any thread may call it."""

    def __init__(self, ledger: Ledger, clock: Clock, screen: Screen) -> None:
        self._ledger = ledger
        self._clock = clock
        self._screen = screen

    def record(self, body: EventBody) -> Entry | None:
        """Appends an event stamped with the time of now.

        Returns None, with a message on the screen and in the log, when the ledger cannot take it now.
        """
        return self.record_draft(Draft(body, self._clock.moment()))

    def record_draft(self, draft: Draft) -> Entry | None:
        """Appends a draft that is stamped already. Returns None as `record` does."""
        try:
            return self._ledger.append(draft)
        except StoreRetryable as error:
            self.refused(error)
            return None

    def refused(self, error: StoreRetryable) -> None:
        """Shows and logs that something could not be recorded."""
        log.error("not recorded: %s", error)
        self._screen.say(Phrase("storage"), status=f"not recorded: no room in the ledger: {error}")
