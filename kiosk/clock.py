"""The clock: injected everywhere, and honest about where its time comes from."""

import time
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Literal, Protocol

from sync.contract import ClockStamp

# systemd-timesyncd touches this file once it has synchronised.
_TIMESYNC = Path("/run/systemd/timesync/synchronized")
_RTC = Path("/dev/rtc0")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the rules ask for when they need the time."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    def now(self) -> datetime:
        """The time of day in the kiosk's zone, aware."""

    def stamp(self) -> ClockStamp:
        """Where that time comes from."""


class SystemClock:
    """The machine's own clock."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._boot_id = _BOOT_ID.read_text(encoding="ascii").strip()

    def monotonic(self) -> float:
        """Seconds since some moment of this boot."""
        return time.monotonic()

    def now(self) -> datetime:
        """Now, in the kiosk's zone."""
        return datetime.now(UTC).astimezone(self._zone)

    def stamp(self) -> ClockStamp:
        """Where the time of `now` comes from."""
        return ClockStamp(
            source=_source(), uncertainty_s=None, boot_id=self._boot_id, monotonic_s=round(self.monotonic(), 3)
        )


def _source() -> Literal["ntp", "rtc", "none"]:
    if _TIMESYNC.exists():
        return "ntp"
    return "rtc" if _RTC.exists() else "none"
