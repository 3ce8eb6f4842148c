"""Policies and records for the tests of the rules."""

import json
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.chain import Link, seal
from sync.contract import ClockStamp, Duty, Moment, RecordEntry, SessionName, parse_entry
from sync.documents.policy import Policy, Rules
from tests.sync.helpers import CLOCK, KEY, KIOSK, UNIT, record

WITA = ZoneInfo("Asia/Makassar")
EXAMPLE = Path(__file__).resolve().parents[2] / "central" / "examples" / "policy-kutim.toml"


def example(**changes: object) -> Rules:
    """The agency's example, read as `kiosk-central` reads it, with other values for some of its keys."""
    document = tomllib.loads(EXAMPLE.read_text("utf-8")) | changes
    return Rules.model_validate_json(json.dumps(document, default=lambda value: value.isoformat()))


def policy(*stages: tuple[datetime, str], version: int = 1) -> Policy:
    """The example with these stages, as a document of the agency; `active` gets a decree."""
    decree = {"number": "800/1/2026", "date": "2026-01-02"}
    begun = [
        {"at": at.isoformat(), "stage": stage, "decree": decree if stage == "active" else None} for at, stage in stages
    ]
    rules = dict(example(stages=begun))
    return Policy(unit=UNIT, version=version, at=datetime(2026, 1, 1, tzinfo=UTC), **rules)


def local(text: str) -> datetime:
    """An instant in WITA: 2026-01-05T07:30:59."""
    return datetime.fromisoformat(text).replace(tzinfo=WITA)


def duty(day: str, schedule: str, shift: str) -> Duty:
    values = {"day": date.fromisoformat(day), "schedule": schedule, "shift": shift, "class": None, "minutes": 0}
    return Duty.model_validate(values)


def recorded(at: str, session: SessionName, belongs: Duty | None, clock: ClockStamp = CLOCK) -> RecordEntry:
    """A record as the ledger gives it back."""
    draft = replace(record(session=session, duty=belongs), moment=Moment(local(at), clock))
    entry = parse_entry(seal(draft, KIOSK, UNIT, Link(), KEY))
    assert isinstance(entry, RecordEntry)
    return entry
