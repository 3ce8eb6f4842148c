"""The clocks of the machine, and the injected clock that judges how far the time can be believed.

`SystemClock.moment` reads all clocks at once and judges them by the rules in kiosk/clock/provenance.py.
"""

import ctypes
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final, Protocol

from kiosk.clock.provenance import ClockMark, ClockPair, Provenance, Reading, gnss_time, provenance
from kiosk.position.place import Fix
from sync.contract import ClockStamp, Moment
from sync.store.salvage import LastAt

log = logging.getLogger(__name__)

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_RTC = Path("/sys/class/rtc/rtc0/since_epoch")
_STA_UNSYNC = 0x0040
_LONGS = ("constant", "precision", "tolerance", "tv_sec", "tv_usec", "tick", "ppsfreq", "jitter")
_COUNTS = ("stabil", "jitcnt", "calcnt", "errcnt", "stbcnt")

_APART_S: Final = 0.1
"""When two readings of both clocks differ by more, the wall clock was set between them or the machine was busy."""

_READINGS: Final = 3
"""How many times a moment is read before it counts as vouched for by nothing."""


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2)."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        *((name, ctypes.c_long) for name in _LONGS),
        ("shift", ctypes.c_int),
        *((name, ctypes.c_long) for name in _COUNTS),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * 11),
    ]


class ThisMachine:
    """The clocks of a Linux machine. Each is read when it is asked for."""

    @cached_property
    def boot_id(self) -> str:
        """The UUID of this boot."""
        return _BOOT_ID.read_text(encoding="ascii").strip()

    def wall(self) -> datetime:
        """The wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC: seconds of this boot, steered by NTP but never set."""
        return time.monotonic()

    def steady(self) -> float:
        """CLOCK_MONOTONIC_RAW: seconds of this boot by the crystal alone.

        A slew moves the wall clock and CLOCK_MONOTONIC together, so only this clock shows it.
        """
        return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)

    def kernel_error_s(self) -> float | None:
        """The kernel's bound on the error of the wall clock (`maxerror`), or None while nothing synchronises it.

        chrony, ntpd and systemd-timesyncd all report to the kernel. Raises OSError when adjtimex is not allowed.
        """
        timex = _Timex(modes=0)  # read only
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"the kernel does not say how sure the clock is, allow adjtimex: {os.strerror(code)}")
        return None if timex.status & _STA_UNSYNC else timex.maxerror / 1e6

    def rtc(self) -> datetime | None:
        """The hardware clock, or None when there is none or it shows no time, as with an empty battery."""
        try:
            return datetime.fromtimestamp(int(_RTC.read_text(encoding="ascii")), UTC)
        except (OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class JudgedMoment(Moment):
    """One reading of the clock and its judgement. `at` is the time of the wall clock, in the kiosk's zone."""

    best: datetime
    """The best known time: of the receiver when it alone vouches, else of the wall clock. In the same zone."""
    latest: datetime
    """`best`, but never before the high-water mark of the ledger. Stages begin by this time."""
    monotonic_s: float
    """The same moment on `Clock.monotonic`. (`clock.monotonic_s`, which entries carry, is on `Clock.steady`.)"""
    found: Provenance
    """What vouches for `at`."""


def mark_of(last_at: LastAt) -> ClockMark:
    """Returns the high-water mark of a ledger, given its `last_at`."""
    return ClockMark(last_at("gnss", "ntp", "rtc"), last_at("gnss", "ntp"))


class Clock(Protocol):
    """The clock that is given to everything that needs the time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def steady(self) -> float:
        """Seconds of this boot that nothing steers."""

    def moment(self) -> JudgedMoment:
        """Returns this moment, judged.

        Values that belong together must come from one moment: the clock may be set before the next one is read.
        """


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
        """The hardware clock; None without one."""


class SystemClock:
    """The clock of a machine, in `zone`, and the judgement of it.

    It is judged by the kernel, by the receiver's newest `fix` while that is at most `max_age_s` seconds old, and by
    `mark`, the high-water mark of the ledger.
    """

    def __init__(
        self,
        zone: tzinfo,
        mark: ClockMark,
        machine: Machine | None = None,
        fix: Callable[[], Fix | None] = lambda: None,
        max_age_s: float = 30.0,
    ) -> None:
        self._zone = zone
        self._machine = machine or ThisMachine()
        self._fix = fix
        self._max_age_s = max_age_s
        self._mark = mark
        self._kernel_answers = True

    @property
    def boot_id(self) -> str:
        """Which boot `steady` counts from."""
        return self._machine.boot_id

    def monotonic(self) -> float:
        """Seconds of this boot that never jump."""
        return self._machine.monotonic()

    def steady(self) -> float:
        """Seconds of this boot that nothing steers."""
        return self._machine.steady()

    def moment(self) -> JudgedMoment:
        """Returns this moment, judged. It does not move the high-water mark; `observe` does."""
        reading, monotonic_s, steady_s = self._read()
        found = provenance(reading, self._mark)
        at = reading.wall.astimezone(self._zone)
        best = found.reference.utc.astimezone(self._zone) if found.reference is not None and found.wrong else at
        stamp = ClockStamp(
            source=found.source,
            uncertainty_s=None if found.uncertainty_s is None else round(found.uncertainty_s, 3),
            boot_id=self.boot_id,
            monotonic_s=round(steady_s, 3),
        )
        return JudgedMoment(at, stamp, best, self._mark.not_before(best), monotonic_s, found)

    def observe(self, moment: JudgedMoment) -> None:
        """Moves the high-water mark on to a moment. Only the thread of the clock monitor may call it."""
        self._mark = self._mark.after(moment.clock.source, moment.at)

    def _read(self) -> tuple[Reading, float, float]:
        """Reads all clocks at one moment. Returns the reading, and its seconds on `monotonic` and on `steady`.

        The wall clock may be set in between, and then the kernel's bound belongs to the time before or after: all
        clocks are read again.
        """
        for _ in range(_READINGS):
            before = self._tick()
            kernel_error_s, rtc, fix = self._kernel_error_s(), self._machine.rtc(), self._fix()
            monotonic_s = self._machine.monotonic()
            now = self._tick()
            if abs((now.wall - before.wall_at(now.steady_s)).total_seconds()) <= _APART_S:
                gnss = gnss_time(fix, monotonic_s, self._max_age_s)
                return Reading(now.wall, kernel_error_s, gnss, rtc), monotonic_s, now.steady_s
        return Reading(now.wall, None, None, None), monotonic_s, now.steady_s

    def _tick(self) -> ClockPair:
        return ClockPair(self._machine.wall(), self._machine.steady())

    def _kernel_error_s(self) -> float | None:
        """Returns the kernel's bound; None, with one warning in the log, when the kernel may not be asked."""
        try:
            return self._machine.kernel_error_s()
        except OSError as error:
            if self._kernel_answers:
                log.warning("%s", error)
            self._kernel_answers = False
            return None
