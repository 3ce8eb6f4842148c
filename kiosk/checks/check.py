"""The result of one check, and how a check is run."""

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
    """What a check of `what` found. `line` says it and what to do.

    The kiosk works on after `warn`; `fail` is something it needs.
    """

    what: str
    state: State
    line: Phrase


def checked(what: str, look: Callable[[], CheckResult]) -> CheckResult:
    """Returns the result of the check `look`, which is `fail` with the reason when it raises an expected error."""
    try:
        return look()
    except _FAILURES as error:
        return CheckResult(what, "fail", Phrase("doctor_failed", reason=str(error)))
