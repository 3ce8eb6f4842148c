"""Builders that the tests of `sync` share: keys, drafts, ledgers, uplinks and listeners."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

from kiosk.lab.demo.broker import Broker
from sync.canonical import load
from sync.chain import Link, seal
from sync.contract import (
    CameraFacts,
    ClockStamp,
    Draft,
    Duty,
    EventBody,
    LedgerSalvaged,
    Match,
    Moment,
    Place,
    RecordFacts,
    SessionName,
    Started,
    StartedDetail,
    parse_entry,
)
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.documents.envelope import NOTHING_PINNED, Pinned
from sync.ledger import Ledger
from sync.mqtt.broker import BrokerSettings
from sync.mqtt.listener import Received, Rejected, listen
from sync.mqtt.statuses import StatusFacts
from sync.mqtt.uplink import Uplink
from sync.parcels import Parcels
from sync.signing import SigningKey
from sync.store.rows import end_of, insert
from sync.store.salvage import LastAt
from tests.waiting import LIMIT_S

KEY = SigningKey.make()
KIOSK, UNIT = "lobby", "sangatta-utara"
TOPICS = Topics(DEFAULT_ROOT, UNIT, KIOSK)
FREE = 10**9
BOOT = "0a7c4c6e-3b1e-4a53-9a58-8c2f1a4d7e11"
AT = datetime(2026, 1, 5, 7, 28, 3, 412_000, timezone(timedelta(hours=8)))
Heard = queue.SimpleQueue[Received | Rejected]
CLOCK = ClockStamp(source="gnss", uncertainty_s=0.05, boot_id=BOOT, monotonic_s=5123.77)


def record(
    person: str = "p-1",
    session: SessionName = "in",
    at: datetime = AT,
    duty: Duty | None = None,
    voids: str | None = None,
) -> Draft:
    place = Place(
        lat=0.504889,
        lon=117.546295,
        error_m=4.1,
        source="gnss",
        fix_age_s=0.4,
        satellites=9,
        from_site_m=6.2,
        inside=True,
    )
    match = Match(score=0.71, threshold=0.58, margin=0.22, frames=5, model="dlib-resnet-v1", gallery=214)
    facts = RecordFacts(
        person=person,
        session=session,
        method="face",
        stage="trial",
        decree=None,
        place=place,
        match=match,
        duty=duty,
        voids=voids,
    )
    return Draft(facts, Moment(at, CLOCK))


def fill(ledger: Ledger, count: int) -> None:
    """Fill a ledger whose key is `KEY` with `count` real records, in one transaction."""
    with ledger._database.writing() as connection:
        ledger._high_water.cover(count)
        end = end_of(connection)
        for number in range(end.seq, count):
            payload = seal(record(f"p-{number % 100}"), KIOSK, UNIT, end, KEY)
            insert(connection, parse_entry(payload), payload)
            end = Link(number + 1, load(payload)["hash"])


def event(body: EventBody | None = None, at: datetime = AT) -> Draft:
    return Draft(body or Started(detail=StartedDetail(version="0.1.0")), Moment(at, CLOCK))


def stamped(body: LedgerSalvaged, _last_at: LastAt) -> Draft:
    """Return the draft of a `ledger_salvaged` event."""
    return event(body)


def facts() -> StatusFacts:
    return StatusFacts(datetime.now(UTC), BOOT, "0.1.0", FREE, CameraFacts(scheme="v4l2", model="HD Pro Webcam C920"))


def settings(broker: Broker, **changes: object) -> BrokerSettings:
    """Return settings for quick tests: without receipts and without a limit on the rate, unless `changes` say
    otherwise."""
    quick = {"retry_least_s": 0.05, "retry_most_s": 0.2, "receipts": False, "rate_per_s": 100_000, "spread_s": 0}
    return BrokerSettings.model_validate({"host": broker.host, "port": broker.port, **quick, **changes})


@contextmanager
def uplink(ledger: Ledger, how: BrokerSettings, pinned: Pinned = NOTHING_PINNED) -> Iterator[Uplink]:
    """Run an uplink in a thread, with the parcels beside the ledger. An unexpected error in it fails the test."""
    with (
        Parcels(ledger.path.with_name("parcels.db")) as parcels,
        working(Uplink(how, TOPICS, ledger, parcels, facts, pinned)) as link,
    ):
        yield link


@contextmanager
def working(link: Uplink) -> Iterator[Uplink]:
    stop, beats = threading.Event(), []
    thread = threading.Thread(target=link.run, args=(stop, lambda: beats.append(time.monotonic())))
    thread.start()
    try:
        yield link
    finally:
        stop.set()
        thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert beats


@contextmanager
def listening(broker: Broker) -> Iterator[Heard]:
    """Run a listener that is subscribed when the block begins."""
    heard: Heard = queue.SimpleQueue()
    stop, ready = threading.Event(), threading.Event()

    def work() -> None:
        for item in listen(settings(broker), DEFAULT_ROOT, stop, ready):
            heard.put(item)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(LIMIT_S)
        yield heard
    finally:
        stop.set()
        thread.join(LIMIT_S)


def spoil(payload: bytes, *path: str, value: object) -> bytes:
    document = json.loads(payload)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(document).encode()
