"""Which parcels are on their way during one connection, and the rate at which anything is sent."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from sync.parcels import Parcel, Parcels


class TokenBucket:
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


IN_FLIGHT: Final = 2
"""Parcels without a PUBACK: on a slow line what is live must not wait behind many of them."""

_UNRECEIPTED: Final = 100
"""Parcels that may be at the broker without a receipt: its queue is no store."""


class ParcelOutbox:
    """Hands out parcels, each once until it is due again. A new one begins with all that are not acknowledged."""

    def __init__(self, parcels: Parcels, resend_after_s: float, receipts: bool, now: Callable[[], datetime]) -> None:
        self._parcels = parcels
        self._now = now
        self._resend_after_s = resend_after_s
        self._receipts = receipts
        self._sent_s: dict[str, float] = {}  # by SHA-256
        self._in_flight: set[str] = set()
        self._taken: list[str] = []

    def next(self, now_s: float) -> Parcel | None:
        """The parcel to be published now, if any."""
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
        """The broker has it, or does not take it: then it is tried again when it is due."""
        self._in_flight.discard(parcel.sha256)
        if taken:
            self._taken.append(parcel.sha256)

    def receipted(self, digests: Sequence[str]) -> None:
        """The centre has committed these."""
        self._parcels.acknowledge(digests, self._now())
        for digest in digests:
            self._sent_s.pop(digest, None)

    def mark(self) -> None:
        """Make last what the broker took since the last time."""
        taken, self._taken = self._taken, []
        if taken and self._receipts:
            self._parcels.mark_at_broker(taken)
        elif taken:
            self.receipted(taken)
