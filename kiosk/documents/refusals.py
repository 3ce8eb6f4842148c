"""What claims to come from the agency and is not taken: named and counted, without filling the ledger."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from kiosk.documents.store import Documents
from kiosk.notes import Notes
from sync.contract import DocumentRefused, DocumentRefusedDetail
from sync.errors import ContractError, SealError, SignatureRefused, SyncError, WrongAddressee

log = logging.getLogger(__name__)

Kind = Literal["roster", "person", "policy", "command", "receipt"]
Reason = Literal["no_key", "signature", "rollback", "conflict", "contract", "seal", "photo", "addressee"]

_AGAIN_S: Final = 3600.0
"""How long what was told once is only counted."""

_MOST: Final = 500
"""Different refusals that are told apart."""

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


class Refusals:
    """Counts refusals; the first of a kind is told at once, the following once an hour with their number. Any thread
    may add; one tells."""

    def __init__(self, store: Documents, notes: Notes, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._notes = notes
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counts: Counter[_Key] = Counter()
        self._latest: dict[_Key, Refusal] = {}
        self._told_s: dict[_Key, float] = {}

    def add(self, refusal: Refusal) -> None:
        """Count one."""
        with self._lock:
            if refusal.key not in self._latest and len(self._latest) >= _MOST:
                refusal = Refusal(refusal.document, refusal.reason, "more different ones than are told apart")
            self._latest[refusal.key] = refusal
            self._counts[refusal.key] += 1

    def tell(self) -> None:
        """Append an event of each that is due."""
        with self._lock:
            counted = {key: (self._latest[key], times) for key, times in self._counts.items()}
        for key, (refusal, times) in counted.items():
            event = _event(refusal, times)
            if self._due(key) and self._notes.append(event) is not None:
                text = event.detail.text
                log.warning("refused a %s document (%s), %d times: %s", refusal.document, refusal.reason, times, text)
                self._store.tell(*key)
                self._told_s[key] = self._monotonic()
                with self._lock:
                    self._counts[key] -= times
                    self._counts += Counter()  # those that are at nought go

    def _due(self, key: _Key) -> bool:
        now_s = self._monotonic()
        if key not in self._told_s and self._store.told(*key):
            self._told_s[key] = now_s  # before this start
        return key not in self._told_s or now_s - self._told_s[key] >= _AGAIN_S


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
