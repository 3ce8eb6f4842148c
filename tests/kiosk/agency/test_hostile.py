"""Whatever comes on the agency's topics, the worker goes on, and the ledger holds a few events about it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.parts import Stores
from kiosk.settings import AgencySettings
from sync.canonical import Document, canonical
from sync.documents.envelope import SignedModel, sign
from sync.documents.roster import PersonDocument, RosterManifest
from sync.errors import ContractError
from tests.agency import SITI, Agency
from tests.kiosk.agency.bench import Bench
from tests.sync.strategies import wire

AGENCY = Agency("nowhere")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("hostile")
    pinned = AgencySettings(key=AGENCY.key.public.text, receiver_key=AGENCY.receiver.public.text)
    chosen = settings_file.laptop_settings(folder).model_copy(update={"agency": pinned})
    AGENCY.opener.save(folder / "unit.key")
    with ExitStack() as stack:
        stores = Stores(
            stack.enter_context(parts.ledger(chosen)),
            stack.enter_context(parts.people(chosen)),
            stack.enter_context(parts.parcels(chosen)),
            stack.enter_context(parts.documents(chosen)),
        )
        made = Bench.of(chosen, stores)
        made.manifest(AGENCY.manifest(1, {SITI: 1}))
        yield made


def send(bench: Bench, payload: bytes) -> None:
    """Delivers a payload on every topic of the agency."""
    topics = bench.topics
    for topic in (topics.policy, topics.manifest, topics.person(SITI), topics.person("somebody"), f"{topics.people}/#"):
        bench.hear(topic, payload)
    assert bench.ledger.counts().last_seq < 50


@given(payload=st.binary(max_size=300) | _JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=1000)
def test_noise(bench: Bench, payload: bytes) -> None:
    send(bench, payload)


@given(data=st.data(), kind=st.sampled_from([RosterManifest, PersonDocument]), signed=st.booleans())
@settings(max_examples=300)
def test_what_the_schema_allows_signed_or_not(
    bench: Bench, data: st.DataObject, kind: type[SignedModel], signed: bool
) -> None:
    document = data.draw(wire(kind)).model_copy(update={"unit": data.draw(st.sampled_from([AGENCY.unit, "another"]))})
    send(bench, sign(document, AGENCY.key if signed else None))


@given(data=st.data(), value=_JSON)
@settings(max_examples=500)
def test_a_policy_with_something_else_in_one_place_signed_by_the_agency(
    bench: Bench, data: st.DataObject, value: object
) -> None:
    policy = json.loads(AGENCY.policy(data.draw(st.integers(1, 9))))
    place = policy
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    try:
        send(bench, signed(policy))
    except ContractError:  # there is no canonical form of it, so nobody can sign it
        assume(False)


def signed(document: Document) -> bytes:
    """Whatever it is, with the agency's signature."""
    values = {name: value for name, value in document.items() if name != "sig"}
    digest = hashlib.sha256(canonical(values)).hexdigest()
    return canonical({**values, "sig": AGENCY.key.sign(digest)})


@given(data=st.data())
@settings(max_examples=1000)
def test_one_byte_off(bench: Bench, data: st.DataObject) -> None:
    before = bench.worker.policy(), bench.worker.parts.roster.manifest
    made = [AGENCY.policy(2**50), AGENCY.manifest(2**50, {}), AGENCY.person(SITI, 2**50, "Siti", [b"photo"])]
    payload = bytearray(data.draw(st.sampled_from(made)))
    where = data.draw(st.integers(0, len(payload) - 1))
    payload[where] ^= data.draw(st.integers(1, 255))
    send(bench, bytes(payload))
    assert (bench.worker.policy(), bench.worker.parts.roster.manifest) == before
