"""Hostile messages: each is refused and counted once, and the next good entry is stored."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.judge import LARGEST, Sound, Unsound, judge
from central.store.batch import store
from central.store.database import CentralDatabase
from kiosk.lab.demo.broker import Broker
from sync.contract import EventEntry, RecordEntry
from sync.contract.topics import DEFAULT_ROOT
from tests.brokers import needs_mosquitto
from tests.central.helpers import centre, chain, held, judged, refused, say, stored
from tests.sync.helpers import TOPICS
from tests.sync.strategies import wire
from tests.waiting import wait_for

AT_ONCE = 500
"""Messages sent at once: a broker's queue for a subscriber holds a thousand."""

GOOD = chain(1)[0]
DOCUMENT = json.loads(GOOD)

DEEP = [b"[" * 50_000, b'{"a":' * 50_000, GOOD[:-1] + b',"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}"]
ODD = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"null",
    b"NaN",
    b"[]",
    b"{}",
    b'"\\ud800"',
    b"9" * 10_000,
    GOOD.replace(b'"seq":1', b'"seq":1e400'),
    GOOD.replace(b'"seq":1', b'"seq":' + b"9" * 5_000),
    GOOD.replace(b'"seq":1', b'"seq":NaN'),
    GOOD.replace(b'"seq":1', b'"seq":-1'),
    GOOD.replace(b'"seq":1', b'"seq":true'),
    GOOD.replace(b'"p-0"', b'"p-0\\u0000"'),
    GOOD.replace(b'"p-0"', b'"\xff"'),
    GOOD.replace(b'"v":1', b'"v":1,"v":1'),
    GOOD.replace(b'"lat":', b'"lat":-0.0,"lat":'),
    GOOD + b" " * LARGEST,
    *DEEP,
]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["", "\0", "x" * 5_000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def twisted(draw: st.DrawFn) -> bytes:
    """A good entry in which one value, at any depth, is replaced, removed or added."""
    document = json.loads(GOOD)
    inner = document
    for part in draw(st.sampled_from([(), ("body",), ("clock",), ("body", "place"), ("body", "match")])):
        inner = inner[part]
    key = draw(st.sampled_from([*sorted(inner), "new"]))
    if draw(st.booleans()):
        inner[key] = draw(VALUES)
    else:
        inner.pop(key, None)
    return json.dumps(document).encode("utf-8", "surrogatepass")


@st.composite
def from_schema(draw: st.DrawFn) -> bytes:
    """An entry that the JSON Schema allows, but that no kiosk has made."""
    return draw(wire(RecordEntry) | wire(EventEntry)).model_dump_json().encode()


HOSTILE = st.one_of(
    st.binary(max_size=300), twisted(), from_schema(), st.integers(0, len(ODD) - 1).map(ODD.__getitem__)
)


@given(HOSTILE)
@settings(max_examples=1_000, suppress_health_check=[HealthCheck.too_slow])
def test_any_message_is_judged(payload: bytes) -> None:
    """No kiosk is registered, so no message is sound. One that equals the good entry is refused for that reason."""
    verdict = judge(TOPICS.entry, payload, DEFAULT_ROOT, {})
    assert isinstance(verdict, Unsound)
    assert verdict.reason
    if verdict.problem == "unknown_kiosk":
        twin = json.loads(payload)
        twin.setdefault("sig", None)
        assert {**twin, "sig": None} == {**DOCUMENT, "sig": None}


@given(st.lists(st.binary(max_size=80) | twisted(), min_size=1, max_size=20))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_batch_is_counted_message_by_message(database: CentralDatabase, payloads: list[bytes]) -> None:
    before = sum(refused(database).values())
    batch = judged(database, payloads)
    hostile = sum(isinstance(item, Unsound) for item in batch)
    sound = [item.payload for item in batch if isinstance(item, Sound)]
    assert all(json.loads(payload)["hash"] == DOCUMENT["hash"] for payload in sound)
    store(database, batch)
    assert sum(refused(database).values()) == before + hostile
    assert stored(database, [GOOD]).through_seq == 1


def drawn(count: int) -> list[bytes]:
    """Return `count` hostile payloads."""
    found: list[bytes] = []

    @given(HOSTILE)
    @settings(max_examples=count, database=None, suppress_health_check=[HealthCheck.too_slow])
    def draw(payload: bytes) -> None:
        found.append(payload)

    draw()
    return found


def mangled(payloads: list[bytes], count: int) -> Iterator[bytes]:
    """Return `count` payloads with a bit flipped, a piece cut out, or a piece of another payload inserted."""
    chance = random.Random(1)
    for _ in range(count):
        payload, other = bytearray(chance.choice(payloads)[:5_000] or b"?"), chance.choice(payloads)
        at, length = chance.randrange(len(payload)), chance.randrange(1, 40)
        match chance.choice(("flip", "cut", "splice")):
            case "flip":
                payload[at] ^= 1 << chance.randrange(8)
            case "cut":
                del payload[at : at + length]
            case "splice":
                payload[at:at] = other[at : at + length]
        yield bytes(payload)


@needs_mosquitto
def test_the_receiver_outlives_ten_thousand(tmp_path: Path, sqlite: CentralDatabase) -> None:
    """`kiosk-central receive` at a real broker counts each message, and stores the good entry after them."""
    seeds = [*ODD, *drawn(400)]
    judgements = judged(sqlite, [*seeds, *mangled(seeds, 10_000)])
    payloads = [item.payload for item in judgements if isinstance(item, Unsound)]  # some are the good one by chance
    log = tmp_path / "log"
    with Broker(tmp_path) as broker, centre(broker, f"sqlite:///{tmp_path / 'central.db'}", log):
        say(broker, (f"{DEFAULT_ROOT}/x y/é/entry", GOOD))
        for first in range(0, len(payloads), AT_ONCE):
            say(broker, *((TOPICS.entry, payload) for payload in payloads[first : first + AT_ONCE]))
            sent = min(len(payloads), first + AT_ONCE) + 1
            wait_for(lambda sent=sent: sum(refused(sqlite).values()) == sent, f"{sent} refusals")  # type: ignore[misc]  # mypy infers no default of a lambda
        say(broker, (TOPICS.entry, GOOD))
        wait_for(lambda: held(sqlite) == [GOOD], "the good one")
    print(f"{len(payloads) + 1} messages: {refused(sqlite)}")
    assert sum(refused(sqlite).values()) == len(payloads) + 1 > 10_000
    assert log.read_text("utf-8").count("WARNING not stored") == len(payloads) + 1
