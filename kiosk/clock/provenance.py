"""Who vouches for the clock, how far, and what time it was while the wall clock was wrong. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from kiosk.position.place import Fix

Source: TypeAlias = Literal["gnss", "ntp", "rtc", "none"]

GNSS_LATENCY_S = 1.5
"""A position is known so long after its instant, at most: the receiver and its line take 0.6 s, gpsd is asked twice a
second."""

DISAGREE_S = 2.0
"""Receiver and clock that differ by more, beyond the latency, cannot both be right."""

NTP_LEAST_S = 0.1
"""systemd-timesyncd tells the kernel an error of 0; half the way to a server over VSAT is more."""

RTC_AGREES_S = 300.0
"""A hardware clock further off is not where the time came from; both drift by minutes in weeks without network."""

SLACK_S = 2.0
"""A clock may step back so far without being behind: a voucher corrects by less all the time."""

EARLIEST, LATEST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Nobody is believed beyond: empty hardware clocks say 1970 or 2000, old receivers a week 1024 weeks ago."""


@dataclass(frozen=True, slots=True)
class ClockMark:
    """The high-water mark: a clock behind it is not believed.

    `spoken` is the time of the last entry that anything but `none` spoke for: it binds the hardware clock. `vouched` is
    that of the last entry with `gnss` or `ntp`: it binds everybody. So neither a clock without a battery nor one that
    was set to the future by hand binds those who know better.
    """

    spoken: datetime | None = None
    vouched: datetime | None = None

    def not_before(self, at: datetime) -> datetime:
        """`at`, or the mark where that is later: what has begun does not end because the clock fell back."""
        return max((at, *(mark for mark in (self.spoken, self.vouched) if mark is not None)))

    def after(self, source: Source, at: datetime) -> "ClockMark":
        """The mark once `at` was stamped with `source`."""
        if source == "none":
            return self
        return ClockMark(at, self.vouched if source == "rtc" else at)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is known of the time at one moment; every instant with its offset."""

    wall: datetime
    kernel_error_s: float | None
    """The kernel's bound on the error of the wall clock; None while nothing synchronises it."""
    gnss: datetime | None
    """The receiver's time, carried on to this moment; None without a fresh fix."""
    rtc: datetime | None
    """The hardware clock; None without one."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The right time of this moment, known to `uncertainty_s`: what earlier entries can be corrected by."""

    utc: datetime
    uncertainty_s: float
    source: Literal["gnss", "ntp"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the wall clock's time comes from; `uncertainty_s` is None when nothing vouches for it."""

    source: Source
    uncertainty_s: float | None
    disagrees: bool
    """The receiver says another time."""
    wrong: bool
    """The wall clock is known to be wrong: it disagrees, is behind the ledger, or out of all reason."""
    reference: Reference | None
    """None when nobody vouches, or when those who do contradict each other."""


def gnss_time(fix: Fix | None, now_s: float, max_age_s: float) -> datetime | None:
    """What the receiver's clock shows at the monotonic instant `now_s`; None without a fresh, possible time."""
    if fix is None or fix.utc is None or not EARLIEST <= fix.utc < LATEST:
        return None
    age_s = now_s - fix.at_s
    return fix.utc + timedelta(seconds=max(0.0, age_s)) if age_s <= max_age_s else None


def provenance(reading: Reading, mark: ClockMark) -> Provenance:
    """Judge the wall clock. Of two who vouch for it, the surer one is named.

    A receiver that disagrees takes the kernel's word away too: one of them is wrong, and nobody here knows which. While
    the kernel knows nothing, the receiver alone is the reference, although the wall clock stays `none`.
    """
    gnss = None if reading.gnss is None or _behind(reading.gnss, mark.vouched) else reading.gnss
    lag_s = 0.0 if gnss is None else (reading.wall - gnss).total_seconds()
    disagrees = not -DISAGREE_S <= lag_s <= GNSS_LATENCY_S + DISAGREE_S
    possible = EARLIEST <= reading.wall < LATEST and not disagrees
    voucher = _voucher(reading, gnss, lag_s) if possible and not _behind(reading.wall, mark.vouched) else None
    if voucher is not None:
        return Provenance(voucher.source, voucher.uncertainty_s, disagrees=False, wrong=False, reference=voucher)
    behind = _behind(reading.wall, mark.spoken) or _behind(reading.wall, mark.vouched)
    source: Source = "rtc" if possible and not behind and _hardware_agrees(reading) else "none"
    reference = _receiver_alone(gnss) if gnss is not None and disagrees and reading.kernel_error_s is None else None
    return Provenance(source, None, disagrees, wrong=behind or not possible, reference=reference)


def _voucher(reading: Reading, gnss: datetime | None, lag_s: float) -> Reference | None:
    known = []
    if gnss is not None:  # the true lag lies between nothing and the latency
        known.append(Reference(reading.wall, max(lag_s, GNSS_LATENCY_S - lag_s), "gnss"))
    if reading.kernel_error_s is not None:
        known.append(Reference(reading.wall, max(reading.kernel_error_s, NTP_LEAST_S), "ntp"))
    return min(known, key=lambda reference: reference.uncertainty_s, default=None)


def _receiver_alone(gnss: datetime) -> Reference:
    return Reference(gnss + timedelta(seconds=GNSS_LATENCY_S / 2), GNSS_LATENCY_S / 2, "gnss")


def _hardware_agrees(reading: Reading) -> bool:
    return reading.rtc is not None and abs((reading.rtc - reading.wall).total_seconds()) <= RTC_AGREES_S


def _behind(at: datetime, mark: datetime | None) -> bool:
    return mark is not None and (mark - at).total_seconds() > SLACK_S


STEP_S = 1.0
"""Larger departures are events."""

REBASE_S = 3600.0
"""Departures are counted for so long: an ordinary crystal drifts by 0.4 s in it (100 ppm), and is no event."""

DRIFT = 1e-4
"""The rate error of an ordinary crystal that nothing steers, in seconds per second."""


@dataclass(frozen=True, slots=True)
class ClockPair:
    """Both clocks at one moment."""

    wall: datetime
    steady_s: float

    def wall_at(self, steady_s: float) -> datetime:
        """What the wall clock would show at another moment, had nobody touched it."""
        return self.wall + timedelta(seconds=steady_s - self.steady_s)


@dataclass(frozen=True, slots=True)
class ClockJump:
    """The wall clock moved: it shows `after` where it would have shown `before`."""

    before: datetime
    after: datetime

    @property
    def seconds(self) -> float:
        """Positive when it jumped forward."""
        return (self.after - self.before).total_seconds()


def step_between(base: ClockPair, now: ClockPair) -> ClockJump | None:
    """The step or slew since `base`, when it is larger than `STEP_S`."""
    step = ClockJump(base.wall_at(now.steady_s), now.wall)
    return step if abs(step.seconds) > STEP_S else None


def base_after(base: ClockPair, now: ClockPair) -> ClockPair:
    """What the next moment is compared with: `base` until it is told of or too old."""
    return now if step_between(base, now) or now.steady_s - base.steady_s >= REBASE_S else base


def corrected(reference: Reference, now_s: float, then_s: float) -> tuple[datetime, float]:
    """The time at the steady instant `then_s`, by a reference of the instant `now_s`, and its uncertainty in s."""
    elapsed_s = now_s - then_s
    return reference.utc - timedelta(seconds=elapsed_s), reference.uncertainty_s + DRIFT * abs(elapsed_s)
