"""A plain subscriber of one topic, for messages that the listener does not read."""

import queue
import threading
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.lab.demo.broker import Broker
from tests.waiting import LIMIT_S


class Subscriber:
    """Receives the messages of a topic from the start of the block on, retained ones included."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self._broker = broker
        self._heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = lambda _client, _data, message: self._heard.put(bytes(message.payload))

    def __enter__(self) -> Self:
        self._client.connect(self._broker.host, self._broker.port)
        self._client.loop_start()
        assert self._ready.wait(LIMIT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def next(self) -> bytes:
        return self._heard.get(timeout=LIMIT_S)
