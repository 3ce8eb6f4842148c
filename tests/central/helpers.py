"""Builds the chain of a kiosk, and stores, queries and receives it at the centre."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy import select

from central.judge import Sound, Unsound, judge
from central.receiver import Receiver
from central.store.batch import BatchOutcome, store
from central.store.database import CentralDatabase
from central.store.kiosks import add_kiosk, known_kiosks
from central.store.rejects import tally
from central.store.tables import entries
from kiosk.lab.demo.broker import Broker
from sync.chain import Link, hash_entry, receipt_of, seal
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.signing import SigningKey
from tests.sync.helpers import KEY, KIOSK, TOPICS, UNIT, record, settings
from tests.waiting import LIMIT_S, wait_for


def chain(length: int, key: SigningKey = KEY, kiosk: str = KIOSK) -> list[bytes]:
    """Return the entries 1 to `length` of a kiosk."""
    payloads, end = [], Link()
    for number in range(length):
        payloads.append(seal(record(f"p-{number}"), kiosk, UNIT, end, key))
        end = Link(number + 1, json.loads(payloads[-1])["hash"])
    return payloads


def changed(payload: bytes, key: SigningKey | None = KEY, **changes: object) -> bytes:
    """Return a record with other content and a receipt code, hash and signature that fit it."""
    document = {**json.loads(payload), **changes}
    document["body"]["receipt"] = receipt_of(document)
    document["hash"] = hash_entry(document)
    if key is not None:
        document["sig"] = key.sign(document["hash"])
    return json.dumps(document).encode()


def register(database: CentralDatabase, kiosk: str = KIOSK, key: SigningKey = KEY, signed_from: int = 1) -> None:
    add_kiosk(database, UNIT, kiosk, key.public, signed_from)


def judged(database: CentralDatabase, payloads: Sequence[bytes], topics: Topics = TOPICS) -> list[Sound | Unsound]:
    known = known_kiosks(database)
    return [judge(topics.entry, payload, DEFAULT_ROOT, known) for payload in payloads]


def stored(database: CentralDatabase, payloads: Sequence[bytes]) -> BatchOutcome:
    """Judge and store payloads of one kiosk in one batch."""
    (outcome,) = store(database, judged(database, payloads))
    return outcome


def held(database: CentralDatabase, kiosk: str = KIOSK) -> list[bytes]:
    """Return the stored payloads of a kiosk, in order."""
    with database.transaction() as connection:
        query = select(entries.c.payload).where(entries.c.kiosk == kiosk).order_by(entries.c.seq)
        return list(connection.execute(query).scalars())


def refused(database: CentralDatabase) -> dict[str, int]:
    """Return how many messages were not stored, by problem."""
    with database.transaction() as connection:
        return dict(tally(connection))


@contextmanager
def receiving(broker: Broker, database: CentralDatabase, key: SigningKey | None = None) -> Iterator[Receiver]:
    """Run a receiver in a thread, subscribed when the block begins. An error in it fails the test."""
    errors: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
    stop, ready = threading.Event(), threading.Event()
    receiver = Receiver(settings(broker), DEFAULT_ROOT, database, key)

    def work() -> None:
        try:
            receiver.run(stop, ready.set)
        except BaseException as error:
            errors.put(error)
            raise

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(LIMIT_S)
        yield receiver
    finally:
        stop.set()
        thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert errors.empty(), errors.get()


@contextmanager
def centre(broker: Broker, url: str, log: Path) -> Iterator[None]:
    """Run `kiosk-central receive` as a process, subscribed when the block begins. Its output goes to the file `log`."""
    command = [sys.executable, "-m", "central", "receive", "--database", url]
    address = f"mqtt://{broker.host}:{broker.port}"
    with log.open("wb") as file:
        child = subprocess.Popen([*command, "--broker", address], stderr=file)
    try:
        wait_for(lambda: log.read_text("utf-8") == f"receiving from {address}\n", "the subscription")
        yield
    finally:
        child.terminate()
        child.wait(LIMIT_S)
    assert child.returncode == 0


def say(broker: Broker, *messages: tuple[str, bytes]) -> None:
    """Publish messages with a plain MQTT client, in order."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect(broker.host, broker.port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
