"""Delivery of parcels at a real broker: after the entries, receipted by SHA-256, readable by the agency only."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.lab.demo.broker import Broker
from sync.documents.envelope import Pinned, sign
from sync.documents.receipt import ParcelReceipt
from sync.documents.sealing import Opener
from sync.errors import SealError
from sync.ledger import Ledger
from sync.mqtt.uplink import Uplink
from sync.parcels import ParcelCounts, Parcels, evidence_purpose
from sync.signing import SigningKey
from tests.brokers import needs_mosquitto
from tests.sync.helpers import KIOSK, TOPICS, UNIT, facts, listening, record, settings, working
from tests.waiting import LIMIT_S, wait_for

pytestmark = needs_mosquitto
AGENCY, RECEIVER = Opener.make(), SigningKey.make()
PURPOSE = evidence_purpose(UNIT, KIOSK)


class Centre:
    """A client that receives every topic of the kiosk and may answer."""

    def __init__(self, broker: Broker) -> None:
        self.heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self.heard.put(
            (message.topic, bytes(message.payload))
        )
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._client.subscribe(f"{TOPICS.root}/#", qos=1)
        assert self._ready.wait(LIMIT_S)

    def next(self, *topics: str) -> tuple[str, bytes]:
        """Return the next message on one of these topics, or below one."""
        while True:
            topic, payload = self.heard.get(timeout=LIMIT_S)
            if topic.startswith(topics):
                return topic, payload

    def receipt(self, *digests: str, key: SigningKey = RECEIVER) -> None:
        self._client.publish(TOPICS.receipt, sign(ParcelReceipt(kiosk=KIOSK, unit=UNIT, stored=digests), key), qos=1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def centre(broker: Broker) -> Iterator[Centre]:
    here = Centre(broker)
    try:
        yield here
    finally:
        here.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        yield opened


@pytest.fixture
def parcels(tmp_path: Path) -> Iterator[Parcels]:
    with Parcels(tmp_path / "parcels.db") as opened:
        yield opened


def keep(parcels: Parcels, text: bytes, key: str) -> str:
    digest = parcels.keep_evidence("p-1", AGENCY.public.seal(text, PURPOSE), datetime.now(UTC))
    parcels.bind(digest, key)
    return digest


@contextmanager
def sending(broker: Broker, ledger: Ledger, parcels: Parcels, **how: object) -> Iterator[Uplink]:
    pinned = Pinned(receiver=RECEIVER.public)
    with working(Uplink(settings(broker, **how), TOPICS, ledger, parcels, facts, pinned)) as link:
        yield link


def test_evidence_comes_after_the_entries_and_opens_for_the_agency_alone(
    tmp_path: Path, ledger: Ledger, parcels: Parcels
) -> None:
    for number in range(3):
        keep(parcels, f"face {number}".encode(), f"r-{number}")
    parcels.add_enrolment("p-7", b"sealed template", datetime.now(UTC))
    for _ in range(60):
        ledger.append(record())
    with Broker(tmp_path) as broker, centre(broker) as there, sending(broker, ledger, parcels, in_flight=5):
        order = [there.next(TOPICS.entry, TOPICS.evidence, TOPICS.enrolments) for _ in range(64)]
        wait_for(lambda: parcels.counts() == ParcelCounts(0, 0, 4), "every mark: here a PUBACK is all there is")
    assert [topic for topic, _ in order[:60]] == [TOPICS.entry] * 60
    assert [topic for topic, _ in order[60:]] == [
        *(f"{TOPICS.evidence}/r-{n}" for n in range(3)),
        TOPICS.enrolments + "/p-7",
    ]
    for number, (_, sealed) in enumerate(order[60:63]):
        assert b"face" not in sealed
        assert AGENCY.open(sealed, PURPOSE) == f"face {number}".encode()
        with pytest.raises(SealError):
            Opener.make().open(sealed, PURPOSE)
        with pytest.raises(SealError):
            AGENCY.open(sealed, evidence_purpose(UNIT, "another"))


def test_what_is_new_goes_before_parcels_that_wait(tmp_path: Path, ledger: Ledger, parcels: Parcels) -> None:
    for number in range(400):
        keep(parcels, bytes(20_000), f"r-{number}")
    with Broker(tmp_path) as broker, listening(broker) as heard, sending(broker, ledger, parcels):
        wait_for(lambda: parcels.counts().waiting < 390, "the first of them")
        ledger.append(record())
        heard.get(timeout=LIMIT_S)
        assert parcels.counts().waiting > 0, "many are still to come"


def test_a_receipt_by_digest_acknowledges_and_what_has_none_goes_again(
    tmp_path: Path, ledger: Ledger, parcels: Parcels
) -> None:
    first, second = keep(parcels, b"1", "r-1"), keep(parcels, b"2", "r-2")
    with (
        Broker(tmp_path) as broker,
        centre(broker) as there,
        sending(broker, ledger, parcels, receipts=True, resend_after_s=0.5),
    ):
        assert [there.next(TOPICS.evidence)[0][-3:] for _ in range(2)] == ["r-1", "r-2"]
        wait_for(lambda: parcels.counts() == ParcelCounts(0, 2, 0), "both at the broker")
        there.receipt(second, "0" * 64)
        wait_for(lambda: parcels.counts() == ParcelCounts(0, 1, 1), "the receipt")
        again = there.next(TOPICS.evidence)
        while again[0].endswith("r-2"):  # sent once more before its receipt came
            again = there.next(TOPICS.evidence)
        assert again[0].endswith("r-1")
        there.receipt(first)
        wait_for(lambda: parcels.counts() == ParcelCounts(0, 0, 2), "the other receipt")


def test_a_receipt_that_is_not_the_receivers_acknowledges_nothing(
    tmp_path: Path, ledger: Ledger, parcels: Parcels, caplog: pytest.LogCaptureFixture
) -> None:
    digest = keep(parcels, b"1", "r-1")
    with Broker(tmp_path) as broker, centre(broker) as there, sending(broker, ledger, parcels, receipts=True):
        there.next(TOPICS.evidence)
        there.receipt(digest, key=SigningKey.make())
        wait_for(lambda: "its signature is not of the key that is pinned" in caplog.text, "the refusal")
        assert parcels.outstanding(10) == [digest]


def test_a_new_connection_sends_again_what_has_no_receipt(tmp_path: Path, ledger: Ledger, parcels: Parcels) -> None:
    """The broker loses its messages, so parcels are sent again; the receiver knows a repeat by its SHA-256."""
    keep(parcels, b"1", "r-1")
    how = {"receipts": True, "retry_least_s": 1, "retry_most_s": 1}
    with Broker(tmp_path) as broker, sending(broker, ledger, parcels, **how):
        wait_for(lambda: parcels.counts() == ParcelCounts(0, 1, 0), "being at the broker")
        broker.kill()
        broker.start()
        with centre(broker) as there:
            assert there.next(TOPICS.evidence)[0].endswith("r-1")


def test_a_broker_that_takes_no_evidence_does_not_hold_up_entries(
    tmp_path: Path, ledger: Ledger, parcels: Parcels, caplog: pytest.LogCaptureFixture
) -> None:
    rules = tmp_path / "rules"
    rules.write_text(f"topic write {TOPICS.status}\ntopic write {TOPICS.entry}\n")
    digest = keep(parcels, b"1", "r-1")
    extra = f"allow_anonymous true\nacl_file {rules}\nuser root"
    with Broker(tmp_path, extra=extra) as broker, sending(broker, ledger, parcels) as link:
        wait_for(lambda: "the broker does not take the evidence of r-1" in caplog.text, "the refusal")
        ledger.append(record())
        wait_for(lambda: ledger.counts().waiting == 0, "the entry")
        assert link.state.phase == "online"
    assert parcels.outstanding(10) == [digest]
