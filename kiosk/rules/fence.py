"""When a kiosk counts as moved: beyond the fence for minutes, told once until it was back."""

from dataclasses import dataclass

from sync.contract import Place


@dataclass(frozen=True, slots=True)
class Fence:
    """What is known so far: since when the kiosk has been outside without a break, and whether that was told."""

    outside_since_s: float | None = None
    told: bool = False

    def seen(self, place: Place, now_s: float) -> "Fence":
        """After one more look. Without a position nothing is known: the minutes start again, what was told stays."""
        if place.source == "site":
            return Fence(None, self.told)
        if place.inside:
            return Fence()
        return Fence(now_s if self.outside_since_s is None else self.outside_since_s, self.told)

    def moved(self, now_s: float, after_s: float) -> bool:
        """Whether it is time to tell."""
        return not self.told and self.outside_since_s is not None and now_s - self.outside_since_s >= after_s
