"""When to ask a kiosk again for what is missing."""

from dataclasses import dataclass
from typing import Final

from central.store.gaps import Gap

_PATIENCE_S: Final = 2.0
"""What is missing here may be on its way through a receiver beside this one."""

_LONGEST_WAIT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class _Watched:
    first: int
    wait_s: float
    next_s: float


class Asking:
    """Asks for a gap that stays: after a moment, and then ever more rarely. Instants are monotonic seconds."""

    def __init__(self) -> None:
        self._watched: dict[str, _Watched] = {}

    def due(self, kiosk: str, gap: Gap | None, now_s: float) -> bool:
        """Whether to ask now, given the kiosk's first gap; and if so, note it."""
        if gap is None:
            self._watched.pop(kiosk, None)
            return False
        watched = self._watched.get(kiosk)
        if watched is None or watched.first != gap.first:
            self._watched[kiosk] = _Watched(gap.first, _PATIENCE_S, now_s + _PATIENCE_S)
            return False
        if now_s < watched.next_s:
            return False
        wait_s = min(2 * watched.wait_s, _LONGEST_WAIT_S)
        self._watched[kiosk] = _Watched(gap.first, wait_s, now_s + wait_s)
        return True

    def overdue(self, now_s: float) -> list[str]:
        """Kiosks whose gap has stayed long enough to look at it again."""
        return [kiosk for kiosk, watched in self._watched.items() if now_s >= watched.next_s]
