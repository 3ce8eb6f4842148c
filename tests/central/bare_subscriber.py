"""A program for the drain test: receives COUNT messages on the topic `bare` at PORT of this machine, and ends."""

import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.waiting import LIMIT_S


def hear(port: int, count: int) -> None:
    left, done = count, threading.Event()

    def heard(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            done.set()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_subscribe = lambda *_: print("subscribed", flush=True)
    client.on_message = heard
    client.connect("127.0.0.1", port)
    client.subscribe("bare", qos=1)
    client.loop_start()
    assert done.wait(LIMIT_S)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    hear(int(sys.argv[1]), int(sys.argv[2]))
