"""Records of this boot that were stamped while nothing vouched for the clock, and the entries that correct them."""

from itertools import islice
from typing import Final

from kiosk.clock.provenance import Reference, corrected
from sync.contract import ClockCorrected, ClockCorrectedDetail, ClockStamp, Draft, Entry, Moment
from sync.ledger import Ledger

_PAGE: Final = 500
"""Entries read at a time: after a start those of this boot are read once, with heartbeats in between."""


class PendingCorrections:
    """Follows the ledger for records that wait for a correction.

    The ledger alone says which records wait, so that a restart loses and repeats no correction.
    """

    def __init__(self, ledger: Ledger, boot_id: str) -> None:
        self._ledger = ledger
        self._boot_id = boot_id
        self._read_seq = 0
        self._waiting: dict[str, Entry] = {}

    def read_on(self) -> bool:
        """Reads the next entries. Returns whether there are no more."""
        page = self._ledger.untimed(self._boot_id, self._read_seq, _PAGE)
        for entry in page:
            self._read_seq = entry.seq
            self._take_in(entry)
        return len(page) < _PAGE

    def first(self, limit: int) -> list[Entry]:
        """Returns the oldest records that wait, at most `limit`. They wait until `read_on` meets their corrections."""
        return list(islice(self._waiting.values(), limit))

    def _take_in(self, entry: Entry) -> None:
        if entry.clock.corrects is not None:
            self._waiting.pop(entry.clock.corrects, None)
        elif entry.kind == "record":
            self._waiting[entry.id] = entry


def correction(entry: Entry, reference: Reference, now_s: float) -> Draft:
    """Returns the draft that corrects the time of `entry`.

    `reference` is the right time at the steady instant `now_s` of the same boot. The draft's `at` and `clock` are those
    that `entry` should have had, with `corrects`, and a receiver puts them in the place of the wrong ones. The draft is
    an event and not a second record, so that no attendance is counted twice.
    """
    at, uncertainty_s = corrected(reference, now_s, entry.clock.monotonic_s)
    at = at.astimezone(entry.at.tzinfo)
    clock = ClockStamp(
        source=reference.source,
        uncertainty_s=round(uncertainty_s, 3),
        boot_id=entry.clock.boot_id,
        monotonic_s=entry.clock.monotonic_s,
        corrects=entry.id,
    )
    shift_s = round((at - entry.at).total_seconds(), 3)
    detail = ClockCorrectedDetail(seq=entry.seq, was=entry.at, shift_s=shift_s)
    return Draft(ClockCorrected(detail=detail), Moment(at, clock))
