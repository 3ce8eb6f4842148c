"""Whether the picture was exchanged under somebody's eyes: a film in the camera's place, cut to another one."""

from collections import deque
from typing import Final

from kiosk.rules.sight import Sight
from models.liveness.finding import THRESHOLD, Check, Finding, Suspicion
from models.liveness.seam import AROUND, Thumb, changed, is_cut

CUT: Final = Finding(Check.CONTINUITY, 0.0, THRESHOLD, Suspicion.CUT)

_NEXT_S: Final = 0.2
"""Frames that lie farther apart are not compared: who walks by closely may fill the picture meanwhile."""


class Seams:
    """Follows the whole picture for as long as somebody is there, whoever that is taken for.

    Who is first seen as one and then as another begins a new approach; what was seen between them holds for both.
    """

    def __init__(self) -> None:
        self.found = False
        self._last: tuple[float, Thumb] | None = None
        self._changes: deque[float] = deque(maxlen=2 * AROUND + 1)

    def see(self, sight: Sight, *, somebody: bool) -> None:
        """Take in a frame; `somebody` was there before it."""
        share = self._change(sight)
        self._last = None if sight.thumb is None else (sight.at_s, sight.thumb)
        if not somebody or share is None:
            self._changes.clear()
            self.found = self.found and somebody
            return
        self._changes.append(share)
        full = len(self._changes) == self._changes.maxlen
        self.found = self.found or (full and is_cut(tuple(self._changes)))

    def _change(self, sight: Sight) -> float | None:
        if self._last is None or sight.thumb is None:
            return None
        at_s, before = self._last
        return changed(before, sight.thumb) if sight.at_s - at_s <= _NEXT_S else None
