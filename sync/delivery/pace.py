"""A token bucket: how many entries may go out now."""


class Pace:
    """Lets `rate_per_s` entries a second through, after a first few.

    The bucket is never fuller than a second's worth. It starts with `first` tokens and is filled only from
    `fills_from_s` on: a kiosk with little to say speaks at once, while three hundred that have weeks to tell begin
    spread over time. Instants are monotonic seconds, given by the caller.
    """

    def __init__(self, rate_per_s: float, first: int, fills_from_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._most = max(float(first), rate_per_s, 1.0)
        self._tokens = float(first)
        self._filled_s = fills_from_s

    def available(self, now_s: float) -> int:
        """How many may go now."""
        if now_s > self._filled_s:
            self._tokens = min(self._most, self._tokens + (now_s - self._filled_s) * self._rate_per_s)
            self._filled_s = now_s
        return int(self._tokens)

    def take(self, count: int) -> None:
        """They went."""
        self._tokens -= count
