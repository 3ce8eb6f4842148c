"""Counts the documents, commands and receipts that are refused, and appends few events about them.

Anybody who reaches the broker can send bad documents without end, and these must not fill the ledger.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from kiosk.agency.store import Documents
from kiosk.clock.event_log import EventLog
from sync.contract import DocumentRefused, DocumentRefusedDetail
from sync.errors import ContractError, SealError, SignatureRefused, SyncError, WrongAddressee

log = logging.getLogger(__name__)

Kind = Literal["roster", "person", "policy", "command", "receipt"]
Reason = Literal["no_key", "signature", "rollback", "conflict", "contract", "seal", "photo", "addressee"]

_AGAIN_S: Final = 3600.0
"""How long refusals of one key are only counted after an event has told of them."""

_MOST: Final = 500
"""The most different refusals that are kept in memory. Beyond it the oldest that was told is dropped."""

_LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused and why.

    `about` (a person) and `version` are set only when they come from a trusted source: an unsigned document can claim
    any values.
    """

    document: Kind
    reason: Reason
    text: str
    about: str | None = None
    version: int | None = None

    @property
    def key(self) -> "_Key":
        """Refusals with the same key are counted together, in one event."""
        return self.document, self.about or "", self.version or 0, self.reason


_Key = tuple[Kind, str, int, Reason]


class RefusedError(SyncError):
    """A document is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


@dataclass(slots=True)
class _Case:
    """The newest refusal of one key, how many are not in an event yet, and when an event last told of them."""

    refusal: Refusal
    untold: int = 0
    told_s: float | None = None


class Refusals:
    """Counts refusals. The first of a key becomes an event at once, the following ones once an hour with their number.

    Any thread may call `add`, one thread calls `tell`.
    """

    def __init__(self, store: Documents, event_log: EventLog, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._event_log = event_log
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._cases: dict[_Key, _Case] = {}  # in the order of the newest refusal

    def add(self, refusal: Refusal) -> None:
        """Counts a refusal."""
        with self._lock:
            if refusal.key not in self._cases and not self._make_room():
                refusal = Refusal(
                    refusal.document, refusal.reason, "more different ones than can be told apart at once"
                )
            case = self._cases.pop(refusal.key, None) or _Case(refusal)
            case.refusal, case.untold = refusal, case.untold + 1
            self._cases[refusal.key] = case

    def tell(self) -> None:
        """Appends an event for each key that is due."""
        with self._lock:
            waiting = [(case, case.refusal, case.untold) for case in self._cases.values() if case.untold]
        for case, refusal, times in waiting:
            event = _event(refusal, times)
            if self._due(case) and self._event_log.record(event) is not None:
                text = event.detail.text
                log.warning("refused a %s document (%s), %d times: %s", refusal.document, refusal.reason, times, text)
                self._store.tell(*refusal.key)
                case.told_s = self._monotonic()
                with self._lock:
                    case.untold -= times

    def _make_room(self) -> bool:
        """Returns whether one more key can be counted.

        Drops the oldest key of which everything was told; the store still knows that it was.
        """
        if len(self._cases) < _MOST:
            return True
        oldest = next((key for key, case in self._cases.items() if not case.untold), None)
        if oldest is not None:
            del self._cases[oldest]
        return oldest is not None

    def _due(self, case: _Case) -> bool:
        now_s = self._monotonic()
        if case.told_s is None and self._store.told(*case.refusal.key):
            case.told_s = now_s  # before this start, or before the key was dropped from memory
        return case.told_s is None or now_s - case.told_s >= _AGAIN_S


def reason_of(error: SyncError) -> Reason:
    """Returns the reason of a refusal for an error of reading a document. Raises other errors again."""
    match error:
        case SignatureRefused():
            return "signature"
        case WrongAddressee():
            return "addressee"
        case SealError():
            return "seal"
        case ContractError():
            return "contract"
    raise error


def _event(refusal: Refusal, times: int) -> DocumentRefused:
    # The text of an error may contain anything that a hostile document has put there.
    text = ascii(refusal.text)[1:-1][:_LONGEST_TEXT]
    detail = DocumentRefusedDetail(
        document=refusal.document,
        about=refusal.about,
        version=refusal.version,
        reason=refusal.reason,
        text=text or refusal.reason,
        times=times,
    )
    return DocumentRefused(detail=detail)
