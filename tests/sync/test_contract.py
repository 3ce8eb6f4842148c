"""The wire models: what they accept and refuse, and that reading back what was written gives the same."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sync.canonical import canonical, load
from sync.chain import Link, check_entry, check_signature, hash_entry, receipt_of, seal
from sync.contract import (
    Birth,
    ClockStamp,
    Draft,
    Duty,
    EventBody,
    EventEntry,
    Moment,
    Place,
    RecordBody,
    RecordEntry,
    RecordFacts,
    check_slug,
    parse_entry,
    parse_status,
)
from sync.errors import ContractError
from tests.sync.helpers import AT, BOOT, CLOCK, KEY, KIOSK, UNIT, event, record, spoil
from tests.sync.strategies import INSTANTS, wire

EVENTS = get_args(get_args(EventBody)[0])


@given(wire(RecordFacts), INSTANTS, wire(ClockStamp), st.integers(0, 2**53 - 2))
def test_any_record_comes_back_as_it_was(facts: RecordFacts, at: datetime, clock: ClockStamp, before: int) -> None:
    payload = seal(Draft(facts, Moment(at, clock)), KIOSK, UNIT, Link(before), KEY)
    entry = parse_entry(payload)
    assert isinstance(entry, RecordEntry)
    assert RecordFacts.model_validate(entry.body.model_dump(exclude={"receipt"})) == facts
    assert (entry.seq, entry.clock) == (before + 1, clock)
    assert entry.at == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert entry.at.utcoffset() == at.utcoffset()
    assert json.loads(entry.model_dump_json()) == load(payload)


@given(st.one_of([wire(kind) for kind in EVENTS]), INSTANTS)
def test_any_event_comes_back_as_it_was(body: EventBody, at: datetime) -> None:
    payload = seal(Draft(body, Moment(at, CLOCK)), KIOSK, UNIT, Link(), KEY)
    entry = parse_entry(payload)
    assert isinstance(entry, EventEntry)
    assert type(entry.body) is type(body)
    assert json.loads(entry.model_dump_json()) == load(payload)


def test_an_entry_looks_as_the_contract_says() -> None:
    document = json.loads(seal(record(), KIOSK, UNIT, Link(), KEY))
    assert document["at"] == "2026-01-05T07:28:03.412+08:00"
    assert document["id"][14] == "7"
    assert set(document) == {
        *("v", "kiosk", "unit", "seq", "id", "kind", "at", "clock", "body", "prev", "hash", "sig"),
    }
    assert set(document["body"]) == {
        *("person", "session", "method", "stage", "decree", "place", "match"),
        *("liveness", "evidence", "receipt", "voids", "duty", "reason", "source"),
    }
    assert set(document["clock"]) == {"source", "uncertainty_s", "boot_id", "monotonic_s", "corrects"}


def test_what_an_older_program_wrote_without_knowing_of_cameras_is_still_its_entry() -> None:
    """Reading adds nothing to an entry, because its hash and signature cover its bytes."""
    for draft, where in ((record(), ("body", "source")), (event(), ("body", "detail", "camera"))):
        document = json.loads(seal(draft, KIOSK, UNIT, Link(), KEY))
        inner = document
        for key in where[:-1]:
            inner = inner[key]
        del inner[where[-1]]
        content = {key: value for key, value in document.items() if key not in ("hash", "sig")}
        if draft.kind == "record":
            content["body"]["receipt"] = receipt_of(content)
        digest = hash_entry(content)
        payload = canonical({**content, "hash": digest, "sig": KEY.sign(digest)})
        found = parse_entry(payload)
        assert (list(check_entry(load(payload))), found.hash) == ([], digest)
        assert list(check_signature(load(payload), KEY.public, needed=True)) == []
        said = found.body.source if isinstance(found, RecordEntry) else found.body.detail.camera
        assert said is None
    birth = Birth(
        kiosk=KIOSK, unit=UNIT, boot_id=BOOT, version="1", at=AT, last_seq=1, unsent=0, waiting=0, free_bytes=1
    ).model_dump(mode="json")
    del birth["camera"]
    assert parse_status(json.dumps(birth).encode()).state == "birth"


def test_a_duty_looks_as_the_contract_says_and_is_read_back() -> None:
    said = {"day": "2026-01-05", "schedule": "reg5", "shift": "office", "class": "TL2", "minutes": 31}
    duty = Duty.model_validate_json(json.dumps(said))
    payload = seal(record(duty=duty), KIOSK, UNIT, Link(), KEY)
    assert json.loads(payload)["body"]["duty"] == said
    entry = parse_entry(payload)
    assert isinstance(entry, RecordEntry)
    assert entry.body.duty == duty
    for wrong in ({"class": "TL5"}, {"minutes": -1}, {"day": "2026-02-30"}, {"class_": "TL1"}, {"rupiah": 1}):
        with pytest.raises(ValidationError):
            Duty.model_validate_json(json.dumps(said | wrong))


def test_a_record_belongs_to_the_day_on_which_its_shift_starts() -> None:
    def day(**changes: object) -> str:
        entry = parse_entry(seal(record(**changes), KIOSK, UNIT, Link(), KEY))  # type: ignore[arg-type]
        assert isinstance(entry, RecordEntry)
        return entry.day.isoformat()

    night = {"day": "2026-01-04", "schedule": "shift", "shift": "night", "class": None, "minutes": 0}
    assert day() == "2026-01-05", "its own local date, which in UTC is another"
    assert day(duty=Duty.model_validate_json(json.dumps(night))) == "2026-01-04"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("surprise",), 1),
        (("body", "surprise"), 1),
        (("body", "place", "surprise"), 1),
        (("v",), 2),
        (("seq",), 0),
        (("seq",), "1"),
        (("seq",), 2**53),
        (("kind",), "event"),
        (("kind",), "other"),
        (("kiosk",), "Lobby"),
        (("id",), "0a7c4c6e-3b1e-4a53-9a58-8c2f1a4d7e11"),
        (("at",), "2026-01-05T07:28:03"),
        (("at",), 1767569283),
        (("prev",), "0" * 63),
        (("hash",), "G" * 64),
        (("body", "receipt"), "IL0-O0U"),
        (("body", "person"), "198501012010011001/x"),
        (("body", "session"), "lunch"),
        (("body", "place", "lat"), 91),
        (("body", "place", "flags"), ["unheard_of"]),
        (("clock", "source"), "sundial"),
        (("clock", "uncertainty_s"), -1),
    ],
)
def test_what_is_off_the_contract_is_refused_and_named(path: tuple[str, ...], value: object) -> None:
    payload = seal(record(), KIOSK, UNIT, Link(), KEY)
    parse_entry(payload)
    with pytest.raises(ContractError, match="contract version 1"):
        parse_entry(spoil(payload, *path, value=value))


def test_an_event_with_the_detail_of_another_is_refused() -> None:
    payload = seal(event(), KIOSK, UNIT, Link(), KEY)
    with pytest.raises(ContractError, match="started"):
        parse_entry(spoil(payload, "body", "detail", value={"person": "p-1", "templates": 1}))


def test_nothing_can_be_changed_afterwards() -> None:
    facts = record().body
    with pytest.raises(ValidationError):
        facts.person = "p-2"  # type: ignore[misc]
    assert not isinstance(facts, RecordBody)


def test_numbers_that_json_cannot_carry_are_refused() -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            Place(
                lat=value,
                lon=0,
                error_m=None,
                source="site",
                fix_age_s=None,
                satellites=None,
                from_site_m=0,
                inside=True,
            )


@pytest.mark.parametrize("name", ["", "-a", "A", "a b", "a/b", "a+", "ä", "a" * 65, "a\n", "a_b"])
def test_a_name_that_is_no_slug_is_refused_and_named(name: str) -> None:
    with pytest.raises(ContractError, match="unit"):
        check_slug(name, "unit")


@given(st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True))
def test_a_slug_is_a_slug(name: str) -> None:
    assert check_slug(name, "kiosk") == name


def test_a_status_comes_back_as_it_was() -> None:
    born = Birth(
        kiosk=KIOSK,
        unit=UNIT,
        boot_id=BOOT,
        version="0.1.0",
        at=AT.astimezone(UTC),
        last_seq=4711,
        unsent=3,
        waiting=5,
        free_bytes=10**9,
    )
    assert parse_status(born.model_dump_json().encode()) == born
    with pytest.raises(ContractError, match="status"):
        parse_status(b'{"state":"well"}')
