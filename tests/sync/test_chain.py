"""The hash chain: canonical form, digests, receipts, and what verification finds."""

import hashlib
import json
import re
import struct
from collections.abc import Callable

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from sync.canonical import canonical, load
from sync.chain import GENESIS, Link, hash_entry, receipt_of, seal, verify_chain
from sync.contract import Draft, Moment, RecordFacts, parse_entry
from sync.errors import ContractError
from tests.sync.helpers import AT, CLOCK, KEY, KIOSK, UNIT, event, record

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON, max_size=6)


def chain(length: int = 6) -> list[bytes]:
    payloads, end = [], Link()
    for number in range(length):
        payloads.append(seal(event() if number % 3 == 2 else record(f"p-{number}"), KIOSK, UNIT, end, KEY))
        end = Link(number + 1, json.loads(payloads[-1])["hash"])
    return payloads


def unsigned(payload: bytes) -> bytes:
    return payload.replace(b'"sig":"%s",' % json.loads(payload)["sig"].encode(), b"")


@given(DOCUMENTS)
def test_the_canonical_form_reads_back_and_is_its_own_canonical_form(document: dict[str, object]) -> None:
    once = canonical(document)
    assert load(once) == document
    assert canonical(load(once)) == once


@given(DOCUMENTS)
def test_it_is_that_of_the_reference_implementation(document: dict[str, object]) -> None:
    assert canonical(document) == rfc8785.dumps(document)  # type: ignore[arg-type]


@given(DOCUMENTS)
def test_spacing_and_order_do_not_change_it(document: dict[str, object]) -> None:
    turned = dict(reversed(document.items()))
    spaced = json.dumps(turned, indent=3, ensure_ascii=True).encode()
    assert canonical(load(spaced)) == canonical(document)


def test_numbers_are_written_as_rfc_8785_writes_them() -> None:
    """Samples of RFC 8785, appendix B."""
    samples = {
        "0000000000000000": "0",
        "8000000000000000": "0",
        "0000000000000001": "5e-324",
        "7fefffffffffffff": "1.7976931348623157e+308",
        "4340000000000000": "9007199254740992",
        "4430000000000000": "295147905179352830000",
        "44b52d02c7e14af5": "9.999999999999997e+22",
        "44b52d02c7e14af6": "1e+23",
        "444b1ae4d6e2ef4e": "999999999999999700000",
        "444b1ae4d6e2ef50": "1e+21",
        "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
        "3eb0c6f7a0b5ed8d": "0.000001",
        "41b3de4355555555": "333333333.3333333",
    }
    for bits, text in samples.items():
        assert canonical({"x": struct.unpack(">d", bytes.fromhex(bits))[0]}) == f'{{"x":{text}}}'.encode()


def test_keys_are_ordered_by_utf_16() -> None:
    """The sample of RFC 8785, section 3.2.3."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    order = [json.loads(part) for part in re.findall(r'("[^"]*"):', canonical(dict.fromkeys(keys, 0)).decode())]
    assert order == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"a":2}', '{"a":NaN}', "[1]", '{"a":', "", '"a"', '{"a":{"b":1,"b":1}}', "\ufeff{}"],
)
def test_what_is_no_plain_document_is_refused(text: str) -> None:
    with pytest.raises(ContractError):
        load(text.encode())


def test_bytes_that_are_no_utf_8_and_endless_nesting_are_refused() -> None:
    for payload in (b'{"a":"\xff"}', b'{"a":' * 100_000):
        with pytest.raises(ContractError):
            load(payload)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_json_cannot_carry_has_no_canonical_form(value: object) -> None:
    with pytest.raises(ContractError):
        canonical({"a": value})


def test_a_sealed_entry_is_canonical_and_its_digests_are_those_of_its_document() -> None:
    for payload in chain():
        document = load(payload)
        assert canonical(document) == payload
        assert hash_entry(document) == document["hash"]
        parse_entry(payload)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    | st.just('"hash":"","sig":"","receipt":"",')
)
def test_no_text_in_an_entry_is_taken_for_a_member_of_it(text: str) -> None:
    facts = record().body
    assert isinstance(facts, RecordFacts)
    payload = seal(Draft(facts.model_copy(update={"decree": text}), Moment(AT, CLOCK)), KIOSK, UNIT, Link(), KEY)
    document = load(payload)
    assert canonical(document) == payload
    assert document["body"]["decree"] == text
    assert (document["hash"], document["body"]["receipt"]) == (hash_entry(document), receipt_of(document))
    assert KEY.public.signed(document["hash"], document["sig"])


def test_the_hash_can_be_computed_by_hand() -> None:
    payload = chain(1)[0]
    claimed = json.loads(payload)["hash"]
    without = unsigned(payload).replace(b'"hash":"%s",' % claimed.encode(), b"")
    assert hashlib.sha256(without).hexdigest() == claimed


def test_the_receipt_can_be_computed_by_hand() -> None:
    payload = chain(1)[0]
    document = json.loads(payload)
    receipt = document["body"]["receipt"]
    without = unsigned(payload).replace(b'"hash":"%s",' % document["hash"].encode(), b"")
    without = without.replace(b'"receipt":"%s",' % receipt.encode(), b"")
    bits = f"{int(hashlib.sha256(without).hexdigest(), 16):0256b}"[:30]
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = "".join(alphabet[int(bits[at : at + 5], 2)] for at in range(0, 30, 5))
    assert receipt == f"{code[:3]}-{code[3:]}" == receipt_of(document)


def test_a_sound_chain_gives_no_findings() -> None:
    payloads = chain()
    assert list(verify_chain(payloads)) == []
    third = json.loads(payloads[2])
    assert list(verify_chain(payloads[3:], after=Link(3, third["hash"]))) == []


def changed(payload: bytes, change: Callable[[dict[str, object]], object], rehash: bool = False) -> bytes:
    document = load(payload)
    change(document)
    if rehash:
        document["hash"] = hash_entry(document)
    return canonical(document)


def test_each_kind_of_change_is_found() -> None:
    good = chain()
    cases: list[tuple[list[bytes], list[tuple[int | None, str]]]] = [
        ([*good[:2], *good[3:]], [(4, "gap")]),
        ([*good[:3], *good[2:]], [(3, "order")]),
        ([*good[:3], b"{", *good[3:]], [(None, "unreadable")]),
        ([changed(good[0], lambda d: d.update(unit="x")), *good[1:]], [(1, "hash")]),
        ([changed(good[0], lambda d: d.update(unit="x"), rehash=True), *good[1:]], [(1, "receipt"), (2, "prev")]),
        ([changed(good[0], lambda d: d.update(prev="f" * 64), rehash=True)], [(1, "receipt"), (1, "prev")]),
        ([changed(good[0], lambda d: d.pop("body")), good[1]], [(None, "unreadable"), (2, "gap")]),
        ([changed(good[0], lambda d: d.update(seq="one"))], [(None, "unreadable")]),
    ]
    for payloads, expected in cases:
        assert [(finding.seq, finding.problem) for finding in verify_chain(payloads)] == expected


@given(st.data())
def test_no_byte_of_a_chain_can_change_unseen(data: st.DataObject) -> None:
    payloads = chain(3)
    which = data.draw(st.integers(0, 2))
    at = data.draw(st.integers(0, len(payloads[which]) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda new: new != payloads[which][at]))
    spoilt = payloads[which][:at] + bytes([value]) + payloads[which][at + 1 :]
    payloads[which] = spoilt
    assert list(verify_chain(payloads, key=KEY.public))


def test_what_cannot_be_an_entry_is_refused() -> None:
    for at in (AT.replace(tzinfo=None), AT.replace(year=1969)):
        with pytest.raises(ContractError, match="time"):
            seal(record(at=at), KIOSK, UNIT, Link(0, GENESIS), KEY)
