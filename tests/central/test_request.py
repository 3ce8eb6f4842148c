"""Commands to a kiosk and its answers, at a real broker."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from central.broker import NoAnswerError, ask, version_at
from kiosk.lab.demo.broker import Broker
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.command import COMMAND, Command, Reply, Report
from sync.documents.envelope import read_signed
from tests.brokers import needs_mosquitto
from tests.sync.helpers import AT, KEY, KIOSK, TOPICS, UNIT, settings
from tests.waiting import LIMIT_S

pytestmark = needs_mosquitto

REPORT = Report(unit=UNIT, kiosk=KIOSK, version=version_at(AT), at=AT)
REPLY = Reply(
    unit=UNIT, kiosk=KIOSK, to_version=REPORT.version, at=datetime.now(UTC), done=True, text="done", facts={"people": 3}
)


@contextmanager
def kiosk(broker: Broker, *answers: bytes, correlated: bool = True) -> Iterator[list[Command]]:
    """A client that answers commands as the test says."""
    asked: list[Command] = []
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)

    def answer(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        asked.append(read_signed(bytes(message.payload), COMMAND, KEY.public))
        properties: Any = Properties(PacketTypes.PUBLISH)
        came: Any = message.properties
        properties.CorrelationData = came.CorrelationData if correlated else b"another's"
        assert came.ResponseTopic.startswith(f"{DEFAULT_ROOT}/{UNIT}/{KIOSK}/")
        for payload in answers:
            client.publish(came.ResponseTopic, payload, qos=1, properties=properties)

    def subscribe(*_: object) -> None:
        client.subscribe(TOPICS.command, qos=1)

    client.on_connect = subscribe
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = answer
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        assert ready.wait(LIMIT_S)
        yield asked
    finally:
        client.disconnect()
        client.loop_stop()
        client.on_connect = client.on_subscribe = client.on_message = None  # they hold the client, with its sockets


def test_a_kiosk_is_asked_and_answers(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, kiosk(broker, REPLY.model_dump_json().encode()) as asked:
        assert ask(settings(broker), DEFAULT_ROOT, REPORT, KEY, wait_s=20) == REPLY
    assert [command.version for command in asked] == [REPORT.version]


def test_silence_is_no_answer(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, pytest.raises(NoAnswerError, match=r"did not answer within 0\.2 s"):
        ask(settings(broker), DEFAULT_ROOT, REPORT, KEY, wait_s=0.2)


def test_the_answer_to_somebody_else_is_not_taken(tmp_path: Path) -> None:
    payload = REPLY.model_dump_json().encode()
    with (
        Broker(tmp_path) as broker,
        kiosk(broker, payload, correlated=False),
        pytest.raises(NoAnswerError, match="did not answer"),
    ):
        ask(settings(broker), DEFAULT_ROOT, REPORT, KEY, wait_s=1)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"rubbish", "not of contract"),
        (REPLY.model_copy(update={"to_version": 7}).model_dump_json().encode(), "another command"),
        (REPLY.model_copy(update={"kiosk": "gate"}).model_dump_json().encode(), "another command"),
    ],
)
def test_what_is_no_answer_is_said(tmp_path: Path, payload: bytes, told: str) -> None:
    with Broker(tmp_path) as broker, kiosk(broker, payload), pytest.raises(NoAnswerError, match=told):
        ask(settings(broker), DEFAULT_ROOT, REPORT, KEY, wait_s=20)
