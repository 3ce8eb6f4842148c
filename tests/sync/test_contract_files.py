"""The contract files: current, well formed, and in agreement with the wire models."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from cryptography.exceptions import InvalidSignature
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from sync.chain import Link, seal, verify
from sync.contract import Draft, EventBody, Heartbeat, Moment, RecordFacts, parse_entry
from sync.contract.fields import WireModel
from sync.documents.command import ResendFrom, Say
from sync.documents.envelope import read_signed, sign
from sync.documents.receipt import ANSWER, ParcelReceipt, Receipt, Rejection
from sync.errors import ContractError
from sync.signing import PublicKey
from sync.specification.generate import FOLDER, PAGE, PUBLISHED, generated, rule_text
from tests.sync.helpers import AT, BOOT, CLOCK, KEY, KIOSK, UNIT, event, record, spoil
from tests.sync.strategies import INSTANTS, wire

EVENTS = get_args(get_args(EventBody)[0])
SPECS = Path(__file__).parents[1] / "node/node_modules/@asyncapi/specs/schemas/3.0.0.json"
ASYNCAPI = json.loads((FOLDER / "asyncapi.json").read_text("utf-8"))
SCHEMAS = {
    published.name: json.loads((FOLDER / f"{published.name}.json").read_text("utf-8")) for published in PUBLISHED
}
EXAMPLE = json.loads((FOLDER / "example.json").read_text("utf-8"))


def accepts(name: str, payload: bytes) -> bool:
    return Draft202012Validator(SCHEMAS[name]).is_valid(json.loads(payload))


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in a document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(inner)


def models(root: type[WireModel] = WireModel) -> Iterator[type[WireModel]]:
    for model in root.__subclasses__():
        yield model
        yield from models(model)


def test_the_files_are_current() -> None:
    kept = {path: path.read_text("utf-8") for path in (*FOLDER.iterdir(), PAGE)}
    assert kept == generated(), "run python -m sync.specification.generate"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_leaves_no_room_for_unknown_fields(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    for part in parts(SCHEMAS[name]):
        if part.get("type") == "object":
            assert part["additionalProperties"] is False or part["patternProperties"]


def test_every_rule_between_fields_is_told_in_words() -> None:
    rules = [rule.func for model in models() for rule in model.__pydantic_decorators__.model_validators.values()]
    assert rules
    assert [rule.__qualname__ for rule in rules if not rule_text(rule)] == [], "give each a docstring that says it"


@pytest.mark.skipif(not SPECS.exists(), reason="npm is not installed: scripts/setup could not fetch AsyncAPI's schemas")
def test_the_channels_are_an_asyncapi_document() -> None:
    errors = Draft7Validator(json.loads(SPECS.read_text("utf-8"))).iter_errors(ASYNCAPI)
    assert [(list(error.path), error.message[:200]) for error in errors] == []


def test_the_channels_refer_to_what_is_there() -> None:
    for part in parts(ASYNCAPI):
        target = part.get("$ref", "#")
        if target.startswith("./"):
            assert (FOLDER / target).exists()
            continue
        inner = ASYNCAPI
        for key in target.split("/")[1:]:
            inner = inner[key]


def test_both_sides_speak_and_only_what_must_last_is_retained() -> None:
    operations = ASYNCAPI["operations"]
    assert {operation["action"] for operation in operations.values()} == {"send", "receive"}
    retained = {name for name, operation in operations.items() if operation["bindings"]["mqtt"]["retain"]}
    assert retained == {"send-status", "receive-manifest", "receive-person", "receive-policy"}
    assert ASYNCAPI["channels"]["entry"]["address"] == "{root}/{unit}/{kiosk}/entry"
    assert ASYNCAPI["channels"]["person"]["address"] == "{root}/{unit}/roster/person/{person_id}"


@given(wire(RecordFacts) | st.one_of([wire(kind) for kind in EVENTS]), INSTANTS)
def test_any_entry_a_kiosk_writes_is_accepted(body: RecordFacts | EventBody, at: datetime) -> None:
    assert accepts("entry", seal(Draft(body, Moment(at, CLOCK)), KIOSK, UNIT, Link(), KEY))


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
        (("kiosk",), "Lobby"),
        (("id",), "0a7c4c6e-3b1e-4a53-9a58-8c2f1a4d7e11"),
        (("at",), 1767569283),
        (("prev",), "0" * 63),
        (("body", "receipt"), "IL0-O0U"),
        (("body", "place", "lat"), 91),
        (("body", "place", "flags"), ["unheard_of"]),
        (("body", "liveness"), {"passed": True, "score": 1, "checks": {"NOT A NAME": True}, "challenge": None}),
        (("clock", "uncertainty_s"), -1),
    ],
)
def test_what_the_reader_refuses_is_refused(path: tuple[str, ...], value: object) -> None:
    spoiled = spoil(seal(record(), KIOSK, UNIT, Link(), KEY), *path, value=value)
    with pytest.raises(ContractError):
        parse_entry(spoiled)
    assert not accepts("entry", spoiled)


def test_an_event_with_the_detail_of_another_is_refused() -> None:
    payload = seal(event(), KIOSK, UNIT, Link(), KEY)
    assert accepts("entry", payload)
    assert not accepts("entry", spoil(payload, "body", "detail", value={"person": "p-1", "templates": 1}))


ALIVE = {"boot_id": BOOT, "version": "0.1.0", "at": AT, "last_seq": 9, "unsent": 1, "waiting": 2, "free_bytes": 3}
SAID: list[tuple[str, WireModel]] = [
    ("status", Heartbeat.model_validate({"kiosk": KIOSK, "unit": UNIT} | ALIVE)),
    ("receipt", Receipt(kiosk=KIOSK, unit=UNIT, through_seq=4711, also=(4713,))),
    ("receipt", Rejection(kiosk=KIOSK, unit=UNIT, seq=4712, reason="not signed")),
    ("receipt", ParcelReceipt(kiosk=KIOSK, unit=UNIT, stored=("0" * 64,))),
    ("command", ResendFrom(kiosk=KIOSK, unit=UNIT, version=1, at=AT, seq=4712, through_seq=None)),
    ("command", Say(kiosk=KIOSK, unit=UNIT, version=2, at=AT, text="Rapat pukul 09.00")),
]


@pytest.mark.parametrize(("name", "said"), SAID)
def test_what_is_said_beside_entries_is_accepted_signed_or_not(name: str, said: WireModel) -> None:
    assert accepts(name, said.model_dump_json().encode())
    if name != "status":
        assert accepts(name, sign(said, KEY))
    assert not accepts(name, spoil(said.model_dump_json().encode(), "surprise", value=1))


def test_the_example_is_an_entry_that_proves_itself_and_a_receipt_for_it() -> None:
    entry, answer = EXAMPLE["entry"].encode(), EXAMPLE["answer"].encode()
    assert accepts("entry", entry)
    assert verify([entry], PublicKey.from_text(EXAMPLE["kiosk_key"])).sound
    said = read_signed(answer, ANSWER, PublicKey.from_text(EXAMPLE["server_key"]))
    assert isinstance(said, Receipt)
    assert (said.kiosk, said.through_seq) == (parse_entry(entry).kiosk, 1)


def test_the_pages_own_program_verifies_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example is checked with two libraries and no code of this project."""
    monkeypatch.chdir(PAGE.parents[1])
    program = PAGE.read_text("utf-8").partition("```python\n")[2].partition("```")[0]
    exec(program, {})  # noqa: S102
    with pytest.raises(InvalidSignature):
        exec(program.replace('entry["hash"].encode()', 'b"another"'), {})  # noqa: S102
