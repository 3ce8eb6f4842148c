"""Speed of delivery after five weeks without network, compared with bare publishing of the same bytes."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from central.store.database import CentralDatabase
from kiosk.lab.demo.broker import Broker
from sync.chain import verify
from sync.ledger import Ledger
from tests.brokers import needs_mosquitto
from tests.central.helpers import centre, held
from tests.sync.helpers import KEY, KIOSK, TOPICS, UNIT, fill, settings, uplink
from tests.waiting import LIMIT_S, wait_for

pytestmark = [needs_mosquitto, pytest.mark.timeout(600)]

OUTAGE = 14_000  # 35 days, 100 staff, 4 sessions
IN_FLIGHT = 200
ROOT = Path(__file__).parents[2]


def bare_s(folder: Path, payloads: list[bytes]) -> tuple[float, float]:
    """Seconds that paho alone takes to publish them with QoS 1, with as many in flight: until the broker has
    acknowledged all, and until one subscriber, paho alone in another process, has them.

    Nothing holds the publisher back, so the broker may queue what it likes: with its usual thousand it drops a fifth.
    """
    command = [sys.executable, "-m", "tests.central.bare_subscriber"]
    with Broker(folder, "allow_anonymous true\nmax_queued_messages 0") as broker:
        child = subprocess.Popen(
            [*command, str(broker.port), str(len(payloads))], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert child.stdout
        assert child.stdout.readline() == "subscribed\n"
        began = time.monotonic()
        publish(broker, payloads)
        acknowledged = time.monotonic() - began
        child.communicate(timeout=LIMIT_S)
        heard = time.monotonic() - began
    assert child.returncode == 0
    return acknowledged, heard


def publish(broker: Broker, payloads: list[bytes]) -> None:
    """Return once the broker has acknowledged all."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.max_inflight_messages_set(IN_FLIGHT)
    left, done = len(payloads), threading.Event()

    def acknowledged(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    client.on_publish = acknowledged
    client.connect(broker.host, broker.port)
    client.loop_start()
    for payload in payloads:
        client.publish("bare", payload, qos=1)
    assert done.wait(LIMIT_S)
    client.disconnect()
    client.loop_stop()


def test_an_outage_of_35_days_drains_in_a_few_times_the_bare_time(tmp_path: Path, sqlite: CentralDatabase) -> None:
    KEY.save(tmp_path / "device.key")
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger, Broker(tmp_path) as broker:
        fill(ledger, OUTAGE)
        payloads = [stored.payload for stored in ledger.stored()]
        acknowledged, heard = bare_s(tmp_path, payloads)
        with centre(broker, f"sqlite:///{tmp_path / 'central.db'}", tmp_path / "log"):
            began = time.monotonic()
            with uplink(ledger, settings(broker, receipts=True, in_flight=IN_FLIGHT)):
                wait_for(lambda: ledger.counts().waiting == 0, "every receipt")
                took = time.monotonic() - began
    print(f"{OUTAGE} entries on {TOPICS.entry}: receipted in {took:.1f} s; bare: {acknowledged:.1f} s to the broker,")
    print(f"{heard:.1f} s to a subscriber")
    assert len((tmp_path / "log").read_text("utf-8").splitlines()) == 1, "nothing was worth a word"
    assert held(sqlite) == payloads
    assert verify(held(sqlite), KEY.public).sound
    # Measured: five times, of which a third is the signatures. One follows the other: the machine may do other work.
    assert took < 15 * heard
