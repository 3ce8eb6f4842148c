"""Which stage of a policy holds, and what the kiosk does in it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sync.contract import StageName
from sync.documents.policy import Rules


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that holds: the number of its decree, and when it began; None before the first one."""

    name: StageName
    decree: str | None = None
    since: datetime | None = None

    @property
    def recognises(self) -> bool:
        """Whether faces are compared with anybody's."""
        return self.name != "inactive"


BEFORE: Final = Stage("inactive")
"""Before the first stage of a policy."""


def stage_at(rules: Rules, at: datetime) -> Stage:
    """The stage at an instant, which the caller never lets fall behind what has been (see `Mark.not_before`)."""
    begun = [stage for stage in rules.stages if stage.at <= at]
    if not begun:
        return BEFORE
    last = begun[-1]
    return Stage(last.stage, None if last.decree is None else last.decree.number, last.at)
