"""What anybody may publish: each hostile message is one counted refusal, and the next good entry is stored."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.judge import LARGEST, Sound, Unsound, judge
from central.store.batch import store
from central.store.database import Database
from sync.topics import DEFAULT_ROOT
from tests.brokers import Broker, needs_mosquitto
from tests.central.helpers import chain, held, judged, receiving, refused, stored
from tests.central.test_delivery import say
from tests.sync.helpers import TOPICS, wait_for

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
    """A good entry with one value, at any depth, put in the place of another, removed or added."""
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


@given(st.binary(max_size=300) | twisted() | st.sampled_from(ODD))
@settings(max_examples=10_000, suppress_health_check=[HealthCheck.too_slow])
def test_any_message_is_judged(payload: bytes) -> None:
    """Nobody is known, so nothing is sound; what is read as the good entry itself is refused for that."""
    verdict = judge(TOPICS.entry, payload, DEFAULT_ROOT, {})
    assert isinstance(verdict, Unsound)
    assert verdict.reason
    if verdict.problem == "unknown_kiosk":
        twin = json.loads(payload)
        twin.setdefault("sig", None)
        assert {**twin, "sig": None} == {**DOCUMENT, "sig": None}


@given(st.lists(st.binary(max_size=80) | twisted(), min_size=1, max_size=20))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_batch_is_counted_message_by_message(database: Database, payloads: list[bytes]) -> None:
    before = sum(refused(database).values())
    batch = judged(database, payloads)
    hostile = sum(isinstance(item, Unsound) for item in batch)
    sound = [item.payload for item in batch if isinstance(item, Sound)]
    assert all(json.loads(payload)["hash"] == DOCUMENT["hash"] for payload in sound)
    store(database, batch)
    assert sum(refused(database).values()) == before + hostile
    assert stored(database, [GOOD]).through_seq == 1


@needs_mosquitto
def test_the_receiver_outlives_them_all(tmp_path: Path, sqlite: Database) -> None:
    with Broker(tmp_path) as broker, receiving(broker, sqlite):
        say(broker, *((TOPICS.entry, payload) for payload in ODD), (f"{DEFAULT_ROOT}/x y/é/entry", GOOD))
        say(broker, (TOPICS.entry, GOOD))
        wait_for(lambda: held(sqlite) == [GOOD], "the good one")
    assert sum(refused(sqlite).values()) == len(ODD) + 1
