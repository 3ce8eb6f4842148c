"""Policies from TOML: checked by file and key, versioned, never backwards by mistake."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from central.documents.policies import keep_policy, read_policy, stage_at
from central.documents.publishing import publish_pending, write_stick
from central.errors import WrongUseError
from central.store.database import CentralDatabase
from central.store.documents import POLICY as KINDS
from central.store.documents import UnitDocuments
from kiosk.lab.demo.broker import Broker
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.envelope import read_signed
from sync.documents.policy import POLICY, Policy
from tests.brokers import needs_mosquitto
from tests.sync.helpers import KEY, TOPICS, UNIT, settings
from tests.sync.subscriber import Subscriber

NOW = datetime(2026, 2, 1, tzinfo=UTC)

STAGES = """
[[stages]]
at = 2026-01-01T00:00:00+08:00
stage = "socialisation"

[[stages]]
at = "2026-01-15T00:00:00+08:00"
stage = "trial"
"""

ACTIVE = """
[[stages]]
at = 2026-01-20T00:00:00+08:00
stage = "active"
decree = { number = "SK 1/2026", date = 2026-01-10 }
"""

REST = """
[schedules.reg5]
[[schedules.reg5.profiles]]
valid_from = 2026-01-01
[[schedules.reg5.profiles.shifts]]
name = "office"
days = ["mon", "tue", "wed", "thu"]
start = "07:30"
end = "16:00"
sessions = [
    { session = "in", opens = "06:00", closes = "12:00" },
    { session = "out", opens = "12:00", closes = "18:00" },
]

[[holidays]]
date = 2026-03-20
name = "Idul Fitri"
"""

HEAD = 'default_schedule = "reg5"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "policy.toml").write_text(HEAD + STAGES + REST)
    return tmp_path / "policy.toml"


def policy(file: Path, text: str) -> Policy:
    file.write_text(HEAD + text + REST)
    return read_policy(file, UNIT, NOW)


def held(database: CentralDatabase) -> Policy:
    with database.transaction() as connection:
        return read_signed(UnitDocuments(connection, UNIT).payload("policy", UNIT), POLICY, KEY.public)


def test_a_file_becomes_a_policy(file: Path) -> None:
    read = read_policy(file, UNIT, NOW)
    assert [stage.stage for stage in read.stages] == ["socialisation", "trial"]
    assert read.holidays[0].date == date(2026, 3, 20)
    assert read.schedules["reg5"].profiles[0].shifts[0].sessions[1].closes == "18:00"
    assert (read.unit, read.at) == (UNIT, NOW)
    assert [stage_at(read, NOW - timedelta(days=days)) for days in (0, 20, 40)] == [
        "trial",
        "socialisation",
        "inactive",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"07:30"', '"7.30"', "schedules.reg5.profiles.0.shifts.0.start: "),
        ('"07:30"', "07:30:00", "schedules.reg5.profiles.0.shifts.0.start: "),
        ("2026-03-20", '"soon"', "holidays.0.date: "),
        ("2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00", "stages.0.at: "),
        ('"trial"', '"active"', "stages.1: Value error, a stage that is active needs its decree"),
        ('= "reg5"', '= "reg6"', "default_schedule reg6 is not among"),
        ("default_schedule", "standard_schedule", "standard_schedule: Extra inputs"),
        ("default_schedule", "version = 3\ndefault_schedule", "version: not for the file to say"),
        ("default_schedule =", "default_schedule", "is not TOML"),
        ("[schedules.reg5]", "fpir = nan\n[schedules.reg5]", "fpir: "),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(file: Path, old: str, new: str, told: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(WrongUseError) as error:
        read_policy(file, UNIT, NOW)
    assert "policy.toml" in str(error.value)
    assert told in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"nowhere\.toml cannot be read"):
        read_policy(tmp_path / "nowhere.toml", UNIT, NOW)


def test_a_policy_that_is_the_same_keeps_its_version(file: Path, database: CentralDatabase) -> None:
    read = read_policy(file, UNIT, NOW)
    first = keep_policy(database, read, KEY, NOW)
    assert (
        keep_policy(database, read_policy(file, UNIT, NOW + timedelta(days=1)), KEY, NOW + timedelta(days=1)) == first
    )
    assert held(database) == read.model_copy(update={"version": first, "sig": held(database).sig})
    later = keep_policy(database, policy(file, STAGES + ACTIVE), KEY, NOW + timedelta(days=1))
    assert later == held(database).version > first


def test_an_office_goes_back_only_when_it_is_said(file: Path, sqlite: CentralDatabase) -> None:
    active, trial = policy(file, STAGES + ACTIVE), policy(file, STAGES)
    version = keep_policy(sqlite, active, KEY, NOW)
    with pytest.raises(WrongUseError, match="back from active to trial: say --although-back"):
        keep_policy(sqlite, trial, KEY, NOW)
    assert held(sqlite).version == version
    assert keep_policy(sqlite, trial, KEY, NOW, although_back=True) > version


def test_a_plan_that_goes_back_later_is_no_accident_either(file: Path, sqlite: CentralDatabase) -> None:
    later = ACTIVE + '[[stages]]\nat = 2026-06-01T00:00:00+08:00\nstage = "inactive"\n'
    with pytest.raises(WrongUseError, match="back from active to inactive"):
        keep_policy(sqlite, policy(file, STAGES + later), KEY, NOW)


def test_a_start_that_is_put_off_is_no_step_back(file: Path, sqlite: CentralDatabase) -> None:
    keep_policy(sqlite, policy(file, STAGES + ACTIVE.replace("2026-01-20", "2026-02-20")), KEY, NOW)
    keep_policy(sqlite, policy(file, STAGES + ACTIVE.replace("2026-01-20", "2026-03-20")), KEY, NOW)


@needs_mosquitto
def test_a_policy_is_published_retained_and_fits_a_stick(file: Path, sqlite: CentralDatabase, tmp_path: Path) -> None:
    keep_policy(sqlite, read_policy(file, UNIT, NOW), KEY, NOW)
    with Broker(tmp_path) as broker:
        assert publish_pending(sqlite, UNIT, KINDS, settings(broker), DEFAULT_ROOT) == 1
        assert publish_pending(sqlite, UNIT, KINDS, settings(broker), DEFAULT_ROOT) == 0
        with Subscriber(broker, TOPICS.policy) as late:
            payload = late.next()
    assert read_signed(payload, POLICY, KEY.public) == held(sqlite)
    assert write_stick(sqlite, UNIT, KINDS, tmp_path / "stick") == 1
    assert (tmp_path / "stick" / "policy.json").read_bytes() == payload
