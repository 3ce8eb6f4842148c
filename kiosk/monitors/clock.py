"""Watches the clock: records steps as events, shows a wrong clock on the screen, and corrects earlier records."""

import logging
from typing import Final

from kiosk.clock.clock import JudgedMoment, SystemClock
from kiosk.clock.corrections import PendingCorrections, correction
from kiosk.clock.event_log import EventLog
from kiosk.clock.provenance import ClockPair, Reference, base_after, step_between
from kiosk.screen import Phrase, Screen
from sync.contract import ClockStep, ClockStepDetail, Draft
from sync.errors import StoreRetryable
from sync.ledger import Ledger

log = logging.getLogger(__name__)

_AT_ONCE: Final = 20
"""The most corrections per call: each takes an fsync, and records must not wait behind a backlog of them."""

_SAY_EVERY_S: Final = 30.0


class ClockMonitor:
    """Watches the clock. `tick` is called once a second and does a little of the work each time."""

    def __init__(self, clock: SystemClock, ledger: Ledger, event_log: EventLog, screen: Screen) -> None:
        self._clock = clock
        self._event_log = event_log
        self._screen = screen
        self._pending = PendingCorrections(ledger, clock.boot_id)
        self._base: ClockPair | None = None
        self._said_s: float | None = None

    def tick(self) -> None:
        """Looks at the clock once. Must be called in one thread only."""
        moment = self._clock.moment()
        self._clock.observe(moment)
        self._watch_steps(moment)
        self._tell(moment)
        if self._all_read() and moment.found.reference is not None:
            self._correct(moment.found.reference, moment.clock.monotonic_s)

    def _watch_steps(self, moment: JudgedMoment) -> None:
        now = ClockPair(moment.at, moment.clock.monotonic_s)
        base = self._base or now
        step = step_between(base, now)
        if step is not None:
            log.warning("the clock moved by %+.3f s", step.seconds)
            detail = ClockStepDetail(step_s=round(step.seconds, 3), before=step.before, after=step.after)
            self._event_log.record_draft(Draft(ClockStep(detail=detail), moment))
        self._base = base_after(base, now)

    def _tell(self, moment: JudgedMoment) -> None:
        now_s = moment.monotonic_s
        if not moment.found.wrong:
            if self._said_s is not None and self._screen.state.banner.key == "clock":
                self._screen.resume(status="the clock is right again")
            self._said_s = None
        elif self._said_s is None or now_s - self._said_s >= _SAY_EVERY_S:
            self._screen.say(Phrase("clock"), status="the clock is wrong: entries are stamped as nobody's time")
            self._said_s = now_s

    def _all_read(self) -> bool:
        try:
            return self._pending.read_on()
        except StoreRetryable as error:  # the next tick reads on
            log.warning("no time is corrected now: %s", error)
            return False

    def _correct(self, reference: Reference, now_s: float) -> None:
        for entry in self._pending.first(_AT_ONCE):
            if self._event_log.record_draft(correction(entry, reference, now_s)) is None:
                return
