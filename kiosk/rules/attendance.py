"""What an identified person is recorded for now, and whether a record is due at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from kiosk.rules.punctuality import judged
from kiosk.rules.schedule import Turn, is_free, open_turns
from sync.contract import ClockStamp, Duty, RecordEntry, SessionName
from sync.documents.policy import Rules

_AGAIN: Final = timedelta(minutes=10)
"""Who has just left a shift and looks again wants to know whether it is recorded, and does not begin the next one."""


@dataclass(frozen=True, slots=True)
class Due:
    """A session of a shift, its record when there is one already, and, for an early `out`, when the shift ends."""

    session: SessionName
    duty: Duty
    before: RecordEntry | None
    ends: datetime | None = None


def due_at(
    rules: Rules, schedule: str, local: datetime, records: Sequence[RecordEntry]
) -> Due | Literal["holiday", "closed"]:
    """What a person of a schedule is recorded for at `local`, or why for nothing.

    Of several shifts whose windows are open, the one in hand is taken, else the one whose start is nearest.

    Args:
        rules: the agency's, or the settings'.
        schedule: one of the rules'.
        local: now, in the kiosk's zone.
        records: the person's that stand, of `schedule.days_around(local)`, oldest first.
    """
    found = open_turns(rules, schedule, local)
    if not found:
        return "holiday" if is_free(rules, schedule, local.date()) else "closed"
    in_hand = [turn for turn in found if _in_hand(_of(turn, records), local)]
    turn = min(in_hand or found, key=lambda turn: turn.from_start(local))
    session = found[turn]
    class_, minutes = judged(turn, session, local, rules.classes)
    duty = Duty.model_validate(
        {"day": turn.day, "schedule": schedule, "shift": turn.shift.name, "class": class_, "minutes": minutes}
    )
    before = [record for record in _of(turn, records) if record.body.session == session]
    ends = turn.ends(local) if session == "out" and minutes else None
    return Due(session, duty, before[-1] if before else None, ends)


def tells_of_today(record: RecordEntry, stamp: ClockStamp) -> bool:
    """Whether the date of a record can be compared with that of now.

    A clock that nobody vouches for may begin at the same wrong date after every start of the machine; somebody who was
    recorded then is not recorded today. Rather one record too many: the first one counts.
    """
    return record.clock.boot_id == stamp.boot_id or "none" not in (record.clock.source, stamp.source)


def _of(turn: Turn, records: Sequence[RecordEntry]) -> list[RecordEntry]:
    """The records of a shift. One that another schedule gave, or none, counts for whatever shift of its day."""
    return [record for record in records if record.day == turn.day and _fits(record.body.duty, turn)]


def _fits(duty: Duty | None, turn: Turn) -> bool:
    return duty is None or duty.schedule != turn.schedule or duty.shift == turn.shift.name


def _in_hand(records: Sequence[RecordEntry], local: datetime) -> bool:
    """Begun and not yet left, or left a moment ago."""
    if not records:
        return False
    left = any(record.body.session == "out" for record in records)
    return not left or timedelta(0) <= local - records[-1].at < _AGAIN
