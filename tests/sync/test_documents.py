"""Documents of the agency: who signed them, whom they are for, and who can open them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sync.documents.envelope import LARGEST, read_signed, sign
from sync.documents.policy import POLICY, ClockTime, Policy, Rules, Shift, minutes
from sync.documents.roster import (
    MANIFEST,
    PERSON,
    PersonDetails,
    PersonDocument,
    RosterManifest,
    open_details,
    seal_details,
)
from sync.documents.sealing import Opener
from sync.errors import ContractError, KeyFileError, SealError, SignatureRefused
from sync.keyfile import base64url
from sync.signing import SigningKey
from tests.kiosk.policies import example

AGENCY, OTHER = SigningKey.make(), SigningKey.make()
UNIT_KEY = Opener.make()
AT = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
PERSON_ID = "11111111-0000-4000-8000-000000000001"


def manifest(version: int = 3) -> RosterManifest:
    return RosterManifest(unit="kec-bengalon", version=version, at=AT, people={PERSON_ID: 1})


def person(details: PersonDetails, version: int = 1) -> PersonDocument:
    sealed = seal_details(details, "kec-bengalon", PERSON_ID, version, UNIT_KEY.public)
    return PersonDocument(unit="kec-bengalon", version=version, at=AT, person=PERSON_ID, sealed=sealed)


def test_what_is_signed_is_read_back() -> None:
    read = read_signed(sign(manifest(), AGENCY), MANIFEST, AGENCY.public)
    assert read.model_copy(update={"sig": None}) == manifest()
    assert read.sig is not None


@pytest.mark.parametrize("key", [OTHER, None])
def test_another_signature_or_none_is_refused(key: SigningKey | None) -> None:
    with pytest.raises(SignatureRefused):
        read_signed(sign(manifest(), key), MANIFEST, AGENCY.public)


@given(st.data())
def test_no_byte_can_be_changed(data: st.DataObject) -> None:
    payload = bytearray(sign(manifest(), AGENCY))
    where = data.draw(st.integers(0, len(payload) - 1))
    payload[where] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ContractError):
        read_signed(bytes(payload), MANIFEST, AGENCY.public)


def test_a_signature_for_one_kind_of_document_fits_no_other() -> None:
    with pytest.raises(ContractError):
        read_signed(sign(manifest(), AGENCY), PERSON, AGENCY.public)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"sig":"x"}', b'{"a":' * 100_000, b"\xff", b" " * (LARGEST + 1)]
)
def test_what_is_no_document_is_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        read_signed(payload, MANIFEST, AGENCY.public)


def test_details_open_with_the_units_key_alone() -> None:
    details = PersonDetails(name="Siti Aminah", title="Ibu", nip="198802292014032903")
    document = person(details)
    assert b"Siti" not in sign(document, AGENCY)
    assert open_details(document, UNIT_KEY) == details
    with pytest.raises(SealError):
        open_details(document, Opener.make())


def test_sealed_details_cannot_be_put_in_the_place_of_anothers() -> None:
    document = person(PersonDetails(name="Siti Aminah"))
    for other in ({"person": "22222222-0000-4000-8000-000000000002"}, {"version": 2}, {"unit": "kec-kaubun"}):
        with pytest.raises(SealError):
            open_details(document.model_copy(update=other), UNIT_KEY)


def test_an_error_about_sealed_details_does_not_tell_them() -> None:
    sealed = UNIT_KEY.public.seal(
        b'{"name":"Siti Aminah","nip":"198802292014032903x"}', f"senfie/v1/person/kec-bengalon/{PERSON_ID}/1"
    )
    document = person(PersonDetails(name="x")).model_copy(update={"sealed": base64url(sealed)})
    with pytest.raises(ContractError) as refused:
        open_details(document, UNIT_KEY)
    assert "nip" in str(refused.value)
    assert "1988" not in str(refused.value)


def test_an_opening_key_is_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "unit.key"
    UNIT_KEY.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Opener.load(path).public.text == UNIT_KEY.public.text
    with pytest.raises(KeyFileError):
        Opener.make().save(path)
    AGENCY.save(tmp_path / "agency.key")
    with pytest.raises(KeyFileError, match="X25519"):
        Opener.load(tmp_path / "agency.key")


@pytest.mark.parametrize(("clock", "expected"), [("00:00", 0), ("07:30", 450), ("07:45+1", 1905)])
def test_clock_times(clock: str, expected: int) -> None:
    assert minutes(TypeAdapter(ClockTime).validate_python(clock)) == expected


@pytest.mark.parametrize(
    "sessions",
    [
        [("out", "12:00", "18:00")],
        [("out", "12:00", "18:00"), ("in", "06:00", "12:00")],
        [("in", "06:00", "12:00"), ("out", "11:59", "18:00")],
        [("in", "06:00", "06:00"), ("out", "12:00", "18:00")],
        [("in", "06:00", "12:00"), ("in", "12:00", "13:00"), ("out", "14:00", "18:00")],
    ],
)
def test_sessions_that_cannot_be_are_refused(sessions: list[tuple[str, str, str]]) -> None:
    windows = [{"session": name, "opens": opens, "closes": closes} for name, opens, closes in sessions]
    shift = {"name": "kantor", "days": ["mon"], "start": "07:30", "end": "16:00", "sessions": windows}
    with pytest.raises(ValidationError):
        Shift.model_validate_json(json.dumps(shift))


@pytest.mark.parametrize(
    ("hours", "sessions"),
    [
        ({}, [("in", "06:00", "12:00"), ("out", "12:00", "18:00")]),
        ({"start": "20:30", "end": "07:45+1"}, [("in", "18:30", "02:00+1"), ("out", "02:00+1", "14:00+1")]),
        ({}, [("in", "00:00", "00:00+1")]),
    ],
)
def test_shifts_that_can_be(hours: dict[str, str], sessions: list[tuple[str, str, str]]) -> None:
    windows = [{"session": name, "opens": opens, "closes": closes} for name, opens, closes in sessions]
    shift = {"name": "kantor", "days": ["mon"], "sessions": windows} | hours
    assert Shift.model_validate_json(json.dumps(shift)).start == hours.get("start")


@pytest.mark.parametrize("hours", [{"start": "07:30"}, {"end": "16:00"}, {"start": "16:00", "end": "07:30"}])
def test_hours_that_cannot_be_are_refused(hours: dict[str, str]) -> None:
    windows = [{"session": "in", "opens": "06:00", "closes": "12:00"}]
    with pytest.raises(ValidationError, match="kantor"):
        Shift.model_validate_json(json.dumps({"name": "kantor", "days": ["mon"], "sessions": windows} | hours))


def test_a_policy_is_the_rules_that_somebody_has_signed() -> None:
    policy = Policy(unit="kec-bengalon", version=1, at=AT, **dict(example()))
    read = read_signed(sign(policy, AGENCY), POLICY, AGENCY.public)
    assert read.model_copy(update={"sig": None}) == policy
    assert Rules(**{name: value for name, value in read if name in Rules.model_fields}) == example()


def test_a_policy_that_says_nothing_of_later_shots_is_one_that_older_kiosks_know() -> None:
    """They refuse a document with a field that they do not know."""
    policy = Policy(unit="kec-bengalon", version=1, at=AT, **dict(example()))
    assert b"later_shots" not in sign(policy, AGENCY)
    off = sign(policy.model_copy(update={"later_shots": "off"}), AGENCY)
    assert read_signed(off, POLICY, AGENCY.public).later_shots == "off"
