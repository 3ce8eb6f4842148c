"""The listener against a real mosquitto."""

import threading
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.lab.demo.broker import Broker
from sync.chain import Link, seal
from sync.contract.topics import DEFAULT_ROOT
from sync.errors import BrokerError, BrokerUnreachable, ContractError
from sync.mqtt.listener import Received, Rejected, listen
from tests.brokers import needs_mosquitto
from tests.sync.helpers import KEY, KIOSK, TOPICS, UNIT, listening, record, settings
from tests.waiting import LIMIT_S

pytestmark = needs_mosquitto


def test_entries_are_parsed_and_the_rest_is_rejected_with_a_reason(tmp_path: Path) -> None:
    payload = seal(record(), KIOSK, UNIT, Link(), KEY)
    with Broker(tmp_path) as broker, listening(broker) as heard:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.connect(broker.host, broker.port)
        client.loop_start()
        for part in (b"not JSON", payload[:-2], b"", payload):
            client.publish(TOPICS.entry, part, qos=1).wait_for_publish(10)
        client.publish(TOPICS.status, payload, qos=1).wait_for_publish(10)
        client.publish(TOPICS.entry, payload, qos=1).wait_for_publish(10)
        client.disconnect()
        client.loop_stop()
        got = [heard.get(timeout=LIMIT_S) for _ in range(5)]
        assert heard.empty()
    assert [type(item) for item in got] == [Rejected, Rejected, Rejected, Received, Received]
    assert all("contract version 1" in item.reason for item in got if isinstance(item, Rejected))
    assert got[3].payload == payload


def test_a_broker_that_goes_away_ends_the_listening(tmp_path: Path) -> None:
    ready = threading.Event()
    with Broker(tmp_path) as broker:

        def kill_when_ready() -> None:
            ready.wait(LIMIT_S)
            broker.kill()

        killer = threading.Thread(target=kill_when_ready)
        killer.start()
        with pytest.raises(BrokerUnreachable, match="lost"):
            list(listen(settings(broker), DEFAULT_ROOT, threading.Event(), ready))
        killer.join(LIMIT_S)
        with pytest.raises(BrokerError, match="cannot reach"):
            list(listen(settings(broker), DEFAULT_ROOT, threading.Event(), threading.Event()))


def test_a_root_nothing_can_be_built_on_is_refused(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, pytest.raises(ContractError, match="root"):
        list(listen(settings(broker), "a/#", threading.Event(), threading.Event()))
