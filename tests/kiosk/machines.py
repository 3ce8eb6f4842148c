"""A machine whose clocks a test sets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
BOOT = "0a7c4c6e-3b1e-4a53-9a58-8c2f1a4d7e11"


@dataclass
class SetMachine:
    """Clocks that go on only when told to. `wrong_s` is how far the wall clock is ahead of the true time."""

    true_s: float = 0.0
    wrong_s: float = 0.0
    rtc_there: bool = False
    kernel: float | None = None
    boot_id: str = BOOT

    def true(self) -> datetime:
        return START + timedelta(seconds=self.true_s)

    def show(self, local: datetime) -> None:
        """Let the wall clock show this, whatever the time is."""
        self.wrong_s = (local - self.true()).total_seconds()

    def wall(self) -> datetime:
        return self.true() + timedelta(seconds=self.wrong_s)

    def monotonic(self) -> float:
        return 1000 + self.true_s

    def steady(self) -> float:
        return self.true_s

    def kernel_error_s(self) -> float | None:
        return self.kernel

    def rtc(self) -> datetime | None:
        return self.wall() if self.rtc_there else None
