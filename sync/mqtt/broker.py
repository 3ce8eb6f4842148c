"""One MQTT 5 connection to the broker: its settings, and the news that it puts into the queue of whoever owns it."""

import queue
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions
from pydantic import BaseModel, ConfigDict, Field

from sync.errors import BrokerMisconfigured, BrokerRefused, BrokerSilent, BrokerUnreachable

FAILURE: Final = 128
"""Reason codes from this one on report failure (MQTT 5, section 2.4)."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker has accepted the connection. It takes at most `receive_maximum` unacknowledged messages."""

    receive_maximum: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker refused the connection, or ended it and gave a reason."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The broker's answer to the message `mid`. A `code` of 128 or more is a refusal."""

    mid: int
    code: int
    reason: str

    @property
    def taken(self) -> bool:
        """Whether the broker has the message."""
        return self.code < FAILURE


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker's answer to the subscription `mid`. A `code` of 128 or more is a refusal."""

    mid: int
    code: int
    reason: str

    @property
    def taken(self) -> bool:
        """Whether the broker will send messages of the topic."""
        return self.code < FAILURE


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message that was received. `answer_to` is the topic for an answer to it, which carries `correlation` (MQTT 5,
    section 4.10)."""

    topic: str
    payload: bytes
    answer_to: str | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection could not be made, or has ended. This is the last news of a connection."""

    reason: str


@dataclass(frozen=True, slots=True)
class Woken:
    """There may be something new to send. It comes from this program, not from the broker, and ends a wait for news."""


News = Connected | Refused | Acknowledged | Subscribed | IncomingMessage | Lost | Woken


def raise_failure(news: News) -> None:
    """Return when nothing has failed.

    Raises:
        BrokerRefused: the broker did not take the connection, a message or a subscription.
        BrokerUnreachable: there is no connection, or none any more.
    """
    match news:
        case Refused() | Acknowledged(taken=False) | Subscribed(taken=False):
            raise BrokerRefused(news.code, news.reason)
        case Lost():
            raise BrokerUnreachable(news.reason)


_SHUTTING_DOWN: Final = 139
"""Reason code 139, server shutting down: the broker ends, but refuses nothing."""

_LARGEST_PACKET: Final = 16 * 1024 * 1024
"""Bytes of the largest packet that the broker may send (Maximum Packet Size): far above the limits that are reported
with a reason, and far below the memory of a small device."""


class BrokerSettings(BaseModel):
    """The broker, how to log in, and how entries are delivered; docs/settings.md explains each key.

    `ca_file` replaces the certificate authorities of the system, with `tls`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1)] = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    tls: bool = False
    ca_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5.0
    heartbeat_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    retry_least_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    retry_most_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    in_flight: Annotated[int, Field(ge=1, le=1000)] = 20
    receipts: bool = True
    resend_after_s: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    rate_per_s: Annotated[float, Field(gt=0, le=100_000)] = 300.0
    spread_s: Annotated[float, Field(ge=0, le=3600)] = 10.0


class Connection:
    """One connection, tried once. To reconnect, make another one. All news goes to `inbox`, `Lost` last.

    It begins a clean MQTT session, and paho is given messages only while connected, because the ledger alone decides
    what is sent again.

    Raises:
        BrokerMisconfigured: a file named in the settings cannot be used.
    """

    def __init__(self, settings: BrokerSettings, client_id: str, inbox: "queue.SimpleQueue[News]") -> None:
        self._settings = settings
        self._inbox = inbox
        self._ending = threading.Lock()
        self._closed = False
        self._ended = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self._client.connect_timeout = settings.connect_timeout_s
        self._client.max_inflight_messages_set(0)  # the caller bounds what is in flight
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect
        _log_in(self._client, settings)
        # Looking up a name and connecting can block for many seconds. A daemon thread does not delay the process's end.
        self._dialling = threading.Thread(target=self._dial, name=f"mqtt-dial-{client_id}", daemon=True)

    def will(self, topic: str, payload: bytes) -> None:
        """Have the broker publish this, retained, when the connection is lost (the Will of MQTT). Call it before
        `start`."""
        self._client.will_set(topic, payload, qos=1, retain=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._dialling.start()

    def publish(
        self,
        topic: str,
        payload: bytes,
        retain: bool = False,
        answer_to: str | None = None,
        correlation: bytes | None = None,
    ) -> int:
        """Publish with QoS 1 and return the message's `mid`; `Acknowledged` or `Lost` will follow. Only when
        connected."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if answer_to is not None:
            properties.ResponseTopic = answer_to
        if correlation is not None:
            properties.CorrelationData = correlation
        return self._client.publish(topic, payload, qos=1, retain=retain, properties=properties).mid

    def subscribe(self, topic: str, *, retained: bool = True) -> int | None:
        """Subscribe to a topic with QoS 1 and return the `mid` that `Subscribed` will name. With `retained` the broker
        also sends the retained messages. Only when connected."""
        handling = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if retained else SubscribeOptions.RETAIN_DO_NOT_SEND
        return self._client.subscribe(topic, options=SubscribeOptions(qos=1, retainHandling=handling))[1]

    def close(self, wait_s: float = 0.3) -> None:
        """Disconnect in order, so that no will is sent, and wait up to `wait_s` seconds for the end."""
        with self._ending:
            self._closed = True
            self._client.disconnect()
        self._ended.wait(wait_s)

    def _dial(self) -> None:
        settings = self._settings
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = _LARGEST_PACKET
        try:
            self._client.connect(
                settings.host, settings.port, settings.keepalive_s, clean_start=True, properties=properties
            )
        except (OSError, ValueError) as error:  # ValueError: a host name no resolver can take
            self._end(f"cannot reach {settings.host}:{settings.port}: {error}")
            return
        with self._ending:
            if self._closed:
                self._client.disconnect()
            else:
                # Only with this loop is publishing from another thread safe: it then leaves the socket to the loop.
                self._client.loop_start()

    def _end(self, reason: str) -> None:
        self._inbox.put(Lost(reason))
        self._ended.set()

    def _on_connect(
        self, _client: mqtt.Client, _data: object, _flags: mqtt.ConnectFlags, code: ReasonCode, given: Properties | None
    ) -> None:
        if code.is_failure:
            self._inbox.put(Refused(code.value, str(code)))
            self._client.disconnect()
        else:
            # 65,535 when the broker does not say (MQTT 5, section 3.2.2.3.3).
            self._inbox.put(Connected(int(getattr(given, "ReceiveMaximum", 65_535))))

    def _on_publish(
        self, _client: mqtt.Client, _data: object, mid: int, code: ReasonCode, _given: Properties | None
    ) -> None:
        self._inbox.put(Acknowledged(mid, code.value, str(code)))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: object, mid: int, codes: list[ReasonCode], _given: Properties | None
    ) -> None:
        for code in codes:
            self._inbox.put(Subscribed(mid, code.value, str(code)))

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        answer_to: str | None = getattr(message.properties, "ResponseTopic", None)
        correlation: bytes | None = getattr(message.properties, "CorrelationData", None)
        self._inbox.put(IncomingMessage(message.topic, bytes(message.payload), answer_to, correlation))

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _data: object,
        flags: mqtt.DisconnectFlags,
        code: ReasonCode,
        _given: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server and code.value != _SHUTTING_DOWN:
            self._inbox.put(Refused(code.value, str(code)))
        self._end(f"the connection was lost: {code}")


class BrokerDialogue:
    """A connection that the broker has accepted, for one thread. At most `window` messages may be in flight."""

    def __init__(self, connection: Connection, inbox: "queue.SimpleQueue[News]", window: int) -> None:
        self.connection = connection
        self.window = window
        self._inbox = inbox

    def hear(self, wait_s: float) -> News:
        """Return the next news.

        Raises:
            BrokerRefused, BrokerUnreachable: it is a failure (see `raise_failure`).
            BrokerSilent: there is none within `wait_s` seconds.
        """
        return _hear(self._inbox, wait_s)


@contextmanager
def connected(settings: BrokerSettings, client_id: str, wait_s: float) -> Iterator[BrokerDialogue]:
    """Connect once, and disconnect in order when the block ends. The broker may take `wait_s` seconds to answer.

    Raises:
        BrokerError: the settings cannot be used, or the broker refuses, cannot be reached or does not answer.
    """
    inbox: queue.SimpleQueue[News] = queue.SimpleQueue()
    connection = Connection(settings, client_id, inbox)
    connection.start()
    try:
        while not isinstance(news := _hear(inbox, wait_s), Connected):
            pass
        yield BrokerDialogue(connection, inbox, min(settings.in_flight, news.receive_maximum))
    finally:
        connection.close()


def _hear(inbox: "queue.SimpleQueue[News]", wait_s: float) -> News:
    try:
        news = inbox.get(timeout=wait_s)
    except queue.Empty:
        raise BrokerSilent(f"the broker says nothing for {wait_s:.0f} s: try again") from None
    raise_failure(news)
    return news


def _log_in(client: mqtt.Client, settings: BrokerSettings) -> None:
    if settings.tls:
        try:
            client.tls_set_context(ssl.create_default_context(cafile=settings.ca_file))
        except (OSError, ssl.SSLError) as error:
            raise BrokerMisconfigured(f"the CA file {settings.ca_file} cannot be used: {error}") from error
    if settings.username is not None:
        client.username_pw_set(settings.username, _password(settings.password_file))


def _password(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerMisconfigured(f"the password file {file} cannot be read: {error}") from error
