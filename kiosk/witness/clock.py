"""The clock: injected everywhere, and honest about where its time comes from."""

import logging
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Protocol

from kiosk.rules.place import Fix
from kiosk.rules.provenance import Mark, Provenance, Reading, gnss_time, provenance
from kiosk.witness.machine import ThisMachine
from sync.contract import ClockStamp
from sync.ledger import Ledger

log = logging.getLogger(__name__)


class Clock(Protocol):
    """What the rules ask for when they need the time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def now(self) -> datetime:
        """The time of day in the kiosk's zone, aware."""

    def best(self, now: datetime) -> datetime:
        """What time `now` of the wall clock really is, as far as that is known."""

    def latest(self) -> datetime:
        """The time of day as it is best known, but never before the high-water mark."""

    def stamp(self) -> ClockStamp:
        """Where that time comes from."""


class Machine(Protocol):
    """The clocks of a machine, as `ThisMachine` reads them."""

    @property
    def boot_id(self) -> str:
        """Which boot the seconds count from."""

    def wall(self) -> datetime:
        """The wall clock, UTC."""

    def monotonic(self) -> float:
        """Seconds of this boot that never jump."""

    def steady(self) -> float:
        """Seconds of this boot that nothing steers."""

    def kernel_error_s(self) -> float | None:
        """The kernel's bound on the error of the wall clock; None while nothing synchronises it. Raises OSError."""

    def rtc(self) -> datetime | None:
        """The hardware clock, if there is one."""


class SystemClock:
    """A machine's own clock, judged by its kernel, by the receiver's newest `fix` while that is no older than
    `max_age_s` seconds, and by the ledger once that is remembered."""

    def __init__(
        self,
        zone: tzinfo,
        machine: Machine | None = None,
        fix: Callable[[], Fix | None] = lambda: None,
        max_age_s: float = 30.0,
    ) -> None:
        self._zone = zone
        self._machine = machine or ThisMachine()
        self._fix = fix
        self._max_age_s = max_age_s
        self._mark = Mark()
        self._kernel_tells = True

    def remember(self, ledger: Ledger) -> None:
        """Take the high-water mark from an open ledger; from then on it grows with what is stamped."""
        self._mark = Mark(ledger.last_at("gnss", "ntp", "rtc"), ledger.last_at("gnss", "ntp"))

    @property
    def boot_id(self) -> str:
        """Which boot `steady` counts from."""
        return self._machine.boot_id

    def monotonic(self) -> float:
        """Seconds since some moment of this boot."""
        return self._machine.monotonic()

    def steady(self) -> float:
        """Seconds of this boot that nothing steers."""
        return self._machine.steady()

    def now(self) -> datetime:
        """Now, in the kiosk's zone."""
        return self._machine.wall().astimezone(self._zone)

    def best(self, now: datetime) -> datetime:
        """`now`, set right where the receiver alone vouches: the wall clock then shows another day perhaps."""
        found = self.provenance()
        if found.reference is None or not found.wrong:
            return now
        return now + (found.reference.utc - self._machine.wall())

    def latest(self) -> datetime:
        """The best known time, or the high-water mark of the ledger while that is later: by it stages begin."""
        return self._mark.not_before(self.best(self.now()))

    def stamp(self) -> ClockStamp:
        """Where the time of `now` comes from. `monotonic_s` is `steady`: a slew does not bend it."""
        found = self.provenance()
        uncertainty_s = None if found.uncertainty_s is None else round(found.uncertainty_s, 3)
        return ClockStamp(
            source=found.source,
            uncertainty_s=uncertainty_s,
            boot_id=self.boot_id,
            monotonic_s=round(self.steady(), 3),
        )

    def provenance(self) -> Provenance:
        """What is to be thought of the time of `now`."""
        gnss = gnss_time(self._fix(), self.monotonic(), self._max_age_s)
        reading = Reading(self._machine.wall(), self._kernel_error_s(), gnss, self._machine.rtc())
        found = provenance(reading, self._mark)
        # One immutable value: of two threads that stamp at once, the later one's mark stays.
        self._mark = self._mark.after(found.source, reading.wall)
        return found

    def _kernel_error_s(self) -> float | None:
        """A kernel that may not be asked vouches for nothing; that is told once."""
        try:
            return self._machine.kernel_error_s()
        except OSError as error:
            if self._kernel_tells:
                log.warning("%s", error)
            self._kernel_tells = False
            return None
