"""When to ask a kiosk again for what is missing."""

from dataclasses import dataclass
from typing import Final

from central.store.gaps import Gap

_FIRST_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class _Asked:
    first: int
    wait_s: float
    next_s: float


class Asking:
    """Asks at once for a new gap, and for one that stays ever more rarely. Instants are monotonic seconds."""

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}

    def due(self, kiosk: str, gap: Gap | None, now_s: float) -> bool:
        """Whether to ask now, and if so, note it."""
        if gap is None:
            self._asked.pop(kiosk, None)
            return False
        asked = self._asked.get(kiosk)
        if asked is not None and asked.first == gap.first and now_s < asked.next_s:
            return False
        same = asked is not None and asked.first == gap.first
        wait_s = min(2 * asked.wait_s, _LONGEST_WAIT_S) if asked is not None and same else _FIRST_WAIT_S
        self._asked[kiosk] = _Asked(gap.first, wait_s, now_s + wait_s)
        return True

    def overdue(self, now_s: float) -> list[str]:
        """Kiosks whose gap has stayed long enough to look at it again."""
        return [kiosk for kiosk, asked in self._asked.items() if now_s >= asked.next_s]
