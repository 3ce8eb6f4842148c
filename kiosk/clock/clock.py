"""The machine's clocks, and the injected clock that says how far its time can be believed."""

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
    """Linux. Everything is read when it is asked for."""

    @cached_property
    def boot_id(self) -> str:
        """A UUID that every boot makes anew."""
        return _BOOT_ID.read_text(encoding="ascii").strip()

    def wall(self) -> datetime:
        """The wall clock, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """CLOCK_MONOTONIC: seconds of this boot, steered by NTP but never set."""
        return time.monotonic()

    def steady(self) -> float:
        """CLOCK_MONOTONIC_RAW: seconds of this boot by the bare crystal. A slew moves the other two clocks together."""
        return time.clock_gettime(time.CLOCK_MONOTONIC_RAW)

    def kernel_error_s(self) -> float | None:
        """The kernel's bound on the error of the wall clock (`maxerror`), or None while nothing synchronises it.

        chrony, ntpd and systemd-timesyncd all report to the kernel. Raises OSError when it may not be asked.
        """
        timex = _Timex(modes=0)  # read only
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)) < 0:
            code = ctypes.get_errno()
            raise OSError(code, f"the kernel does not say how sure the clock is, allow adjtimex: {os.strerror(code)}")
        return None if timex.status & _STA_UNSYNC else timex.maxerror / 1e6

    def rtc(self) -> datetime | None:
        """The hardware clock, or None without one, or with one whose battery is empty."""
        try:
            return datetime.fromtimestamp(int(_RTC.read_text(encoding="ascii")), UTC)
        except (OSError, ValueError):
            return None


_APART_S: Final = 0.1
"""Two readings of both clocks that depart by more: the wall clock was set between them, or the machine was too busy."""

_READINGS: Final = 3
"""So often a moment is read before nobody vouches for it."""


@dataclass(frozen=True, slots=True)
class JudgedMoment(Moment):
    """One reading of the clock and what is to be thought of it. `at` is the wall clock's, in the kiosk's zone."""

    best: datetime
    """What time it really is, as far as that is known: by the receiver where it alone vouches. In the same zone."""
    latest: datetime
    """`best`, but never before the high-water mark of the ledger: by it stages begin."""
    monotonic_s: float
    """The same moment as `Clock.monotonic` counts; `clock.monotonic_s` is that of `Clock.steady`."""
    found: Provenance
    """Who vouches for `at`."""


def mark_of(last_at: LastAt) -> ClockMark:
    """The high-water mark of a ledger."""
    return ClockMark(last_at("gnss", "ntp", "rtc"), last_at("gnss", "ntp"))


class Clock(Protocol):
    """What the rules ask for when they need the time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def steady(self) -> float:
        """Seconds of this boot that nothing steers."""

    def moment(self) -> JudgedMoment:
        """This moment. What belongs together is of one moment: the clock may be set before the next is read."""


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
    `max_age_s` seconds, and by the high-water mark of the ledger, without which there is none."""

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
        self._kernel_tells = True

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

    def moment(self) -> JudgedMoment:
        """This moment, judged. Nothing is remembered of it but by `observe`."""
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
        """Let the high-water mark follow a moment. For one thread: the watch that looks at the clock all the time."""
        self._mark = self._mark.after(moment.clock.source, moment.at)

    def _read(self) -> tuple[Reading, float, float]:
        """All clocks at one moment, with the monotonic and the steady second of it.

        The wall clock may be set just then, and the kernel's word is of the time before or after that: then all of it
        is read again.
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
        """A kernel that may not be asked vouches for nothing; that is told once."""
        try:
            return self._machine.kernel_error_s()
        except OSError as error:
            if self._kernel_tells:
                log.warning("%s", error)
            self._kernel_tells = False
            return None
