"""What the counter refuses."""

from kiosk.errors import KioskError
from kiosk.screen import Line


class CounterError(KioskError):
    """Somebody is refused: with an HTTP status, and the line that they are told."""

    def __init__(self, status: int, line: Line) -> None:
        super().__init__(f"refused: {line.key}")
        self.status = status
        self.line = line
