"""What claims to come from the agency and is not taken: named and counted, without filling the ledger."""

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
"""How long what was told once is only counted."""

_MOST: Final = 500
"""Different refusals that are remembered at a time: beyond it the oldest that was told is forgotten."""

_LONGEST_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused and why. `about` and `version` only when somebody trusted says so: whatever an unsigned
    document claims could be made up without end."""

    document: Kind
    reason: Reason
    text: str
    about: str | None = None
    version: int | None = None

    @property
    def key(self) -> "_Key":
        """Refusals of one key are one event, and a number."""
        return self.document, self.about or "", self.version or 0, self.reason


_Key = tuple[Kind, str, int, Reason]


class RefusedError(SyncError):
    """A document is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


@dataclass(slots=True)
class _Case:
    """The newest refusal of one key, how many of them no event has told of, and when one last did."""

    refusal: Refusal
    untold: int = 0
    told_s: float | None = None


class Refusals:
    """Counts refusals; the first of a kind is told at once, the following once an hour with their number. Any thread
    may add; one tells."""

    def __init__(self, store: Documents, event_log: EventLog, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._event_log = event_log
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._cases: dict[_Key, _Case] = {}  # the one that came last is at the end

    def add(self, refusal: Refusal) -> None:
        """Count one."""
        with self._lock:
            if refusal.key not in self._cases and not self._room():
                refusal = Refusal(
                    refusal.document, refusal.reason, "more different ones than can be told apart at once"
                )
            case = self._cases.pop(refusal.key, None) or _Case(refusal)
            case.refusal, case.untold = refusal, case.untold + 1
            self._cases[refusal.key] = case

    def tell(self) -> None:
        """Append an event of each that is due."""
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

    def _room(self) -> bool:
        """Whether one more can be told apart; the oldest of which all is told makes way, and the store still knows that
        it was."""
        if len(self._cases) < _MOST:
            return True
        oldest = next((key for key, case in self._cases.items() if not case.untold), None)
        if oldest is not None:
            del self._cases[oldest]
        return oldest is not None

    def _due(self, case: _Case) -> bool:
        now_s = self._monotonic()
        if case.told_s is None and self._store.told(*case.refusal.key):
            case.told_s = now_s  # before this start, or before it was forgotten
        return case.told_s is None or now_s - case.told_s >= _AGAIN_S


def reason_of(error: SyncError) -> Reason:
    """The reason that an error of reading a document stands for."""
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
    # A hostile document may have put anything into an error's words.
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
