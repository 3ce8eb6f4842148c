"""The machine's clocks, what its kernel says of their error, and its hardware clock."""

import ctypes
import os
import time
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import ClassVar

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
