"""Which stage of a policy holds at an instant. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sync.contract import StageName
from sync.documents.policy import Rules


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that holds, with the number of its decree. `since` is when it began, None before the first stage."""

    name: StageName
    decree: str | None = None
    since: datetime | None = None

    @property
    def recognises(self) -> bool:
        """Whether faces are compared with the gallery in this stage."""
        return self.name != "inactive"


BEFORE: Final = Stage("inactive")
"""The stage that holds before the first stage of a policy begins."""


def stage_at(rules: Rules, at: datetime) -> Stage:
    """Returns the stage of `rules` that holds at the instant `at`.

    Callers pass `JudgedMoment.latest`, which never falls behind the ledger (`ClockMark.not_before`): a stage that has
    begun does not end because the clock fell back.
    """
    begun = [stage for stage in rules.stages if stage.at <= at]
    if not begun:
        return BEFORE
    last = begun[-1]
    return Stage(last.stage, None if last.decree is None else last.decree.number, last.at)
