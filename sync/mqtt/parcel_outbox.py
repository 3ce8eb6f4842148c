"""Which parcels are on their way during one connection, and the limit on the rate of sending."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sync.parcels import Parcel, Parcels


class TokenBucket:
    """A token bucket: it lets `first` messages through at once, and then `rate_per_s` a second.

    The bucket holds at most the tokens of one second, or `first` if that is more. It is filled only from
    `fills_from_s` on: a kiosk with few entries sends them at once, while three hundred kiosks that have weeks of
    entries begin spread over time. Instants are monotonic seconds, given by the caller.
    """

    def __init__(self, rate_per_s: float, first: int, fills_from_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._most = max(float(first), rate_per_s, 1.0)
        self._tokens = float(first)
        self._filled_s = fills_from_s

    def available(self, now_s: float) -> int:
        """Return how many messages may be sent now."""
        if now_s > self._filled_s:
            self._tokens = min(self._most, self._tokens + (now_s - self._filled_s) * self._rate_per_s)
            self._filled_s = now_s
        return int(self._tokens)

    def take(self, count: int) -> None:
        """Take `count` tokens for messages that were sent."""
        self._tokens -= count


IN_FLIGHT: Final = 2
"""Parcels without a PUBACK. On a slow line, new entries must not wait behind many parcels."""

_UNRECEIPTED: Final = 100
"""Parcels that may be at the broker without a receipt: a broker drops what overflows its queue."""


class ParcelOutbox:
    """Hands out parcels that are not acknowledged, each once until it is due again after `resend_after_s`."""

    def __init__(self, parcels: Parcels, resend_after_s: float, receipts: bool, now: Callable[[], datetime]) -> None:
        self._parcels = parcels
        self._now = now
        self._resend_after_s = resend_after_s
        self._receipts = receipts
        self._sent_s: dict[str, float] = {}  # by SHA-256
        self._in_flight: set[str] = set()
        self._taken: list[str] = []

    def next(self, now_s: float) -> Parcel | None:
        """Return the parcel to be published now, None when there is none."""
        for digest in [one for one, sent_s in self._sent_s.items() if now_s - sent_s >= self._resend_after_s]:
            del self._sent_s[digest]
        if len(self._in_flight) >= IN_FLIGHT or len(self._sent_s) >= _UNRECEIPTED:
            return None
        for digest in self._parcels.outstanding(_UNRECEIPTED):
            if digest not in self._sent_s and (parcel := self._parcels.get(digest)) is not None:
                self._sent_s[digest] = now_s
                self._in_flight.add(digest)
                return parcel
        return None

    def answered(self, parcel: Parcel, *, taken: bool) -> None:
        """Note the broker's answer. A parcel that is not `taken` is sent again when it is due."""
        self._in_flight.discard(parcel.sha256)
        if taken:
            self._taken.append(parcel.sha256)

    def receipted(self, digests: Sequence[str]) -> None:
        """Note that the centre has stored these parcels, named by SHA-256."""
        self._parcels.acknowledge(digests, self._now())
        for digest in digests:
            self._sent_s.pop(digest, None)

    def mark(self) -> None:
        """Write down which parcels the broker has taken since the last call."""
        taken, self._taken = self._taken, []
        if taken and self._receipts:
            self._parcels.mark_at_broker(taken)
        elif taken:
            self.receipted(taken)
