"""A client that publishes what others have published."""

from collections.abc import Iterable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.lab.demo.broker import Broker

_LIMIT_S = 2.0


def publish(broker: Broker, topic: str, payloads: Iterable[bytes]) -> bool:
    """Publish these in order with QoS 1; False when the broker does not take them all in time."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect_timeout = _LIMIT_S
    try:
        client.connect(broker.host, broker.port)
    except OSError:
        return False
    client.loop_start()
    sent = [client.publish(topic, payload, qos=1) for payload in payloads]
    sent[-1].wait_for_publish(_LIMIT_S)
    taken = all(message.is_published() for message in sent)
    client.disconnect()
    client.loop_stop()
    return taken
