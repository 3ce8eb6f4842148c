"""Back-off: how long to wait before the next try at something that does not work just now."""

import random
from collections.abc import Callable


class Backoff:
    """Waits in seconds that double from `least_s` up to `most_s`, each drawn from the upper half of its range.

    The draw keeps many kiosks that lost the same broker from coming back in the same instant. `draw(low, high)` gives a
    number between its two arguments.
    """

    def __init__(self, least_s: float, most_s: float, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._least_s = least_s
        self._most_s = most_s
        self._draw = draw
        self._ceiling_s = least_s

    def next_s(self) -> float:
        """The seconds to wait now; the range of the following wait is twice as long."""
        ceiling_s = self._ceiling_s
        self._ceiling_s = min(2 * ceiling_s, self._most_s)
        return self._draw(ceiling_s / 2, ceiling_s)

    def reset(self) -> None:
        """Begin with `least_s` again, after a success."""
        self._ceiling_s = self._least_s
