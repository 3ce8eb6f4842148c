"""What vouches for the wall clock and how far, its steps, and the corrected time of earlier moments. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from kiosk.position.place import Fix

Source: TypeAlias = Literal["gnss", "ntp", "rtc", "none"]

GNSS_LATENCY_S = 1.5
"""The longest time from the instant of a position until it is known: the receiver and its serial line take 0.6 s, and
gpsd is asked twice a second."""

DISAGREE_S = 2.0
"""When receiver and wall clock differ by more, beyond the latency, they contradict each other."""

NTP_LEAST_S = 0.1
"""The least uncertainty of NTP: systemd-timesyncd tells the kernel an error of 0, but half the round trip to a server
over a satellite link is more."""

RTC_AGREES_S = 300.0
"""When the hardware clock differs by more, the time did not come from it. Both drift by minutes in weeks."""

SLACK_S = 2.0
"""How far the clock may fall behind the mark: NTP and the receiver correct it by less all the time."""

EARLIEST, LATEST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside are not believed: empty hardware clocks show 1970 or 2000, old receivers are wrong by 1024 weeks."""


STEP_S = 1.0
"""Steps of the wall clock that are larger become events."""

REBASE_S = 3600.0
"""How long departures from one base add up: an ordinary crystal (100 ppm) drifts by 0.4 s in it, which is no event."""

DRIFT = 1e-4
"""The rate error of an ordinary crystal that nothing steers, in seconds per second (100 ppm)."""


@dataclass(frozen=True, slots=True)
class ClockMark:
    """The high-water mark of the ledger: a clock behind it is not believed.

    `spoken` is the time of the last entry whose source is not `none`; the hardware clock must not be behind it.
    `vouched` is the time of the last entry with the source `gnss` or `ntp`; no source may be behind it. So an entry
    stamped by a clock that was set to the future by hand does not discredit a receiver or a network that is right.
    """

    spoken: datetime | None = None
    vouched: datetime | None = None

    def not_before(self, at: datetime) -> datetime:
        """Returns the later of `at` and the mark: what has begun does not end because the clock fell back."""
        return max((at, *(mark for mark in (self.spoken, self.vouched) if mark is not None)))

    def after(self, source: Source, at: datetime) -> "ClockMark":
        """Returns the mark after an entry was stamped with `at` and `source`."""
        if source == "none":
            return self
        return ClockMark(at, self.vouched if source == "rtc" else at)


@dataclass(frozen=True, slots=True)
class Reading:
    """What every clock shows at one moment. Every datetime has its offset."""

    wall: datetime
    kernel_error_s: float | None
    """The kernel's bound on the error of the wall clock; None while nothing synchronises it."""
    gnss: datetime | None
    """The receiver's time, carried on to this moment; None without a fresh fix."""
    rtc: datetime | None
    """The hardware clock; None without one."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The right time of this moment, known to `uncertainty_s` seconds. Earlier entries are corrected by it."""

    utc: datetime
    uncertainty_s: float
    source: Literal["gnss", "ntp"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the time of the wall clock comes from. `uncertainty_s` is None when nothing vouches for it."""

    source: Source
    uncertainty_s: float | None
    disagrees: bool
    """Whether the receiver shows another time."""
    wrong: bool
    """Whether the wall clock is known to be wrong: it disagrees, is behind the ledger, or shows an impossible time."""
    reference: Reference | None
    """None when nothing vouches for a time, or when the kernel and the receiver contradict each other."""


@dataclass(frozen=True, slots=True)
class ClockPair:
    """The wall clock and the steady clock at one moment."""

    wall: datetime
    steady_s: float

    def wall_at(self, steady_s: float) -> datetime:
        """Returns what the wall clock would show at the instant `steady_s` if nothing had set it."""
        return self.wall + timedelta(seconds=steady_s - self.steady_s)


@dataclass(frozen=True, slots=True)
class ClockJump:
    """A step of the wall clock: it shows `after` where it would have shown `before`."""

    before: datetime
    after: datetime

    @property
    def seconds(self) -> float:
        """The size of the step, positive when the clock jumped forward."""
        return (self.after - self.before).total_seconds()


def gnss_time(fix: Fix | None, now_s: float, max_age_s: float) -> datetime | None:
    """Returns what the receiver's clock shows at the monotonic instant `now_s`; None without a fresh, possible time."""
    if fix is None or fix.utc is None or not EARLIEST <= fix.utc < LATEST:
        return None
    age_s = now_s - fix.at_s
    return fix.utc + timedelta(seconds=max(0.0, age_s)) if age_s <= max_age_s else None


def provenance(reading: Reading, mark: ClockMark) -> Provenance:
    """Returns the judgement of the wall clock.

    When both the kernel and the receiver vouch for it, the source is the one with the smaller uncertainty. When the
    receiver disagrees, the kernel's bound does not count either: one of them is wrong, and it is unknown which. While
    nothing synchronises the kernel, the receiver alone is the reference, and the source of the wall clock is `none`.
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


def step_between(base: ClockPair, now: ClockPair) -> ClockJump | None:
    """Returns the step or slew since `base` when it is larger than `STEP_S`, else None."""
    step = ClockJump(base.wall_at(now.steady_s), now.wall)
    return step if abs(step.seconds) > STEP_S else None


def base_after(base: ClockPair, now: ClockPair) -> ClockPair:
    """Returns the pair to compare the next moment with: `base`, or `now` after a step or when `base` is too old."""
    return now if step_between(base, now) or now.steady_s - base.steady_s >= REBASE_S else base


def corrected(reference: Reference, now_s: float, then_s: float) -> tuple[datetime, float]:
    """Returns the time at the steady instant `then_s` and its uncertainty in seconds, by a reference of `now_s`."""
    elapsed_s = now_s - then_s
    return reference.utc - timedelta(seconds=elapsed_s), reference.uncertainty_s + DRIFT * abs(elapsed_s)


def _voucher(reading: Reading, gnss: datetime | None, lag_s: float) -> Reference | None:
    known = []
    if gnss is not None:  # the true lag lies between 0 and the latency
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
