"""What one check found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from camera import CameraError
from kiosk.runtime.errors import KioskError
from kiosk.screen import Phrase
from models.errors import ModelError
from sync.errors import SyncError

State = Literal["ok", "warn", "fail"]
_FAILURES: Final = (KioskError, CameraError, ModelError, SyncError, OSError)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`what` was looked at and what to do. `warn` is what the kiosk goes on with, `fail` what it cannot do without."""

    what: str
    state: State
    line: Phrase


def checked(what: str, look: Callable[[], CheckResult]) -> CheckResult:
    """What `look` finds; where it cannot even be looked at, that is wrong."""
    try:
        return look()
    except _FAILURES as error:
        return CheckResult(what, "fail", Phrase("doctor_failed", reason=str(error)))
