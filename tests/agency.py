"""An agency and its unit, for tests: keys, and the documents that it signs."""

import json
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from uuid_utils import uuid7

from kiosk.lab.demo.broker import Broker
from kiosk.settings import Settings
from sync.contract.topics import Topics
from sync.documents.envelope import SignedModel, sign
from sync.documents.policy import Policy
from sync.documents.roster import PersonDetails, PersonDocument, RosterManifest, seal_details
from sync.documents.sealing import Opener
from sync.keyfile import base64url
from sync.signing import SigningKey
from tests.waiting import LIMIT_S

SITI, BUDI, SARI = (f"{digit * 8}-0000-4000-8000-00000000000{digit}" for digit in "123")

_SESSIONS = [
    {"session": "in", "opens": "00:00", "closes": "12:00"},
    {"session": "out", "opens": "12:00", "closes": "00:00+1"},
]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_SHIFT = {"name": "day", "days": _DAYS, "start": "07:30", "end": "16:00", "sessions": _SESSIONS}
_RULES = {
    "stages": [{"at": "2026-01-01T00:00:00+08:00", "stage": "trial"}],
    "default_schedule": "day",
    "schedules": {"day": {"profiles": [{"shifts": [_SHIFT]}]}},
}


class Agency:
    """Signs for one unit, each document a second after the one before."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._commands = 0
        self._at = datetime.now(UTC) - timedelta(days=1)
        self.key, self.receiver, self.opener, self.seal = (
            SigningKey.make(),
            SigningKey.make(),
            Opener.make(),
            Opener.make(),
        )

    def pin(self, config: Path, settings: Settings) -> None:
        """Provision a kiosk: public keys into its settings, the unit's key beside its data."""
        table = f'\n[agency]\nkey = "{self.key.public.text}"\nreceiver_key = "{self.receiver.public.text}"\n'
        with config.open("a", encoding="utf-8") as file:
            file.write(table + f'seal_to = "{self.seal.public.text}"\n')
        self.opener.save(settings.kiosk.data_dir / "unit.key")

    def _next(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at

    def manifest(self, version: int, people: Mapping[str, int], key: SigningKey | None = None) -> bytes:
        """A roster's manifest."""
        document = RosterManifest(unit=self.unit, version=version, at=self._next(), people=dict(people))
        return sign(document, key or self.key)

    def person(
        self,
        person: str,
        version: int,
        name: str,
        photos: Sequence[bytes] = (),
        key: SigningKey | None = None,
        **more: object,
    ) -> bytes:
        """A person's document; `more` goes into the details."""
        values = {"name": name, "photos": [base64url(photo) for photo in photos], **more}
        details = PersonDetails.model_validate_json(json.dumps(values))
        sealed = seal_details(details, self.unit, person, version, self.opener.public)
        document = PersonDocument(unit=self.unit, version=version, at=self._next(), person=person, sealed=sealed)
        return sign(document, key or self.key)

    def command(self, kind: type[SignedModel], kiosk: str, key: SigningKey | None = None, **more: object) -> bytes:
        """A command to a kiosk."""
        self._commands += 1
        at = self._next().isoformat(timespec="milliseconds")
        values = {"unit": self.unit, "kiosk": kiosk, "version": self._commands, "at": at, **more}
        return sign(kind.model_validate_json(json.dumps(values)), key or self.receiver)

    def policy(self, version: int, key: SigningKey | None = None, **changes: object) -> bytes:
        """A policy of a trial that is open all day."""
        at = self._next().isoformat(timespec="milliseconds")
        values = {"unit": self.unit, "version": version, "at": at, **_RULES, **changes}
        return sign(Policy.model_validate_json(json.dumps(values)), key or self.key)


class Wire:
    """A client that publishes as the centre does, and asks kiosks."""

    def __init__(self, client: mqtt.Client, topics: Topics) -> None:
        self._client = client
        self.topics = topics

    def say(self, topic: str, payload: bytes, *, retain: bool = True) -> None:
        """Publish, and return once the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def ask(self, command: bytes, answer_to: str | None = None, wait_s: float = 10) -> bytes | None:
        """Give the kiosk a command and return what it answers in time."""
        topic = answer_to or f"{self.topics.root}/answers/{uuid7()}"
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic, properties.CorrelationData = topic, topic.encode()
        with self.hearing(topic, correlation=topic.encode()) as answers:
            self._client.publish(self.topics.command, command, qos=1, properties=properties)
            try:
                return answers.get(timeout=wait_s)
            except queue.Empty:
                return None

    @contextmanager
    def hearing(self, topic: str, correlation: bytes | None = None) -> Iterator["queue.SimpleQueue[bytes]"]:
        """What comes on a topic while the block runs."""
        payloads: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        ready = threading.Event()

        def hear(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
            if getattr(message.properties, "CorrelationData", None) == correlation:
                payloads.put(bytes(message.payload))

        self._client.on_message = hear
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.subscribe(topic, qos=1)
        assert ready.wait(LIMIT_S)
        yield payloads
        self._client.unsubscribe(topic)

    def policy(self, payload: bytes) -> None:
        self.say(self.topics.policy, payload)

    def manifest(self, payload: bytes) -> None:
        self.say(self.topics.manifest, payload)

    def person(self, person: str, payload: bytes) -> None:
        self.say(self.topics.person(person), payload)


@contextmanager
def wire(broker: Broker, topics: Topics) -> Iterator[Wire]:
    """A connection of the centre's."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield Wire(client, topics)
    finally:
        client.disconnect()
        client.loop_stop()
