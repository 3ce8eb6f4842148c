"""The downlink at a real mosquitto: messages of the centre never delay the delivery of entries."""

import json
import platform
import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.lab.demo.broker import Broker
from sync.documents.command import Command, Report
from sync.documents.envelope import NOTHING_PINNED, Pinned, sign
from sync.errors import ContractError
from sync.ledger import Ledger
from sync.mqtt.broker import IncomingMessage
from sync.mqtt.downlink import DownlinkChannel, Subscription
from sync.mqtt.inward import read
from sync.mqtt.uplink import Uplink
from sync.parcels import Parcels
from sync.signing import SigningKey
from tests.agency import wire
from tests.brokers import needs_mosquitto
from tests.sync import helpers
from tests.sync.helpers import KIOSK, TOPICS, UNIT, facts, record, working
from tests.waiting import LIMIT_S, wait_for

pytestmark = needs_mosquitto
CENTRE = SigningKey.make()
_PLUGIN = Path(f"/usr/lib/{platform.machine()}-linux-gnu/mosquitto_dynamic_security.so")


class Hub:
    """A downlink that subscribes to the agency's topics and notes what comes."""

    def __init__(self) -> None:
        self.heard_: queue.SimpleQueue[IncomingMessage] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[Command | ContractError] = queue.SimpleQueue()
        self.channel: DownlinkChannel | None = None

    def connected(self, channel: DownlinkChannel) -> None:
        self.channel = channel
        channel.subscribe(Subscription(f"{TOPICS.people}/+", retained=False), Subscription(TOPICS.manifest))

    def heard(self, message: IncomingMessage) -> None:
        self.heard_.put(message)

    def commanded(self, command: Command, request: IncomingMessage) -> bool:
        assert self.channel is not None
        self.channel.answer(request, b"yes")
        self.told.put(command)
        return True

    def refused(self, message: IncomingMessage, error: ContractError) -> None:
        assert message.topic in (TOPICS.receipt, TOPICS.command)
        self.told.put(error)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        yield opened


@pytest.fixture
def parcels(tmp_path: Path) -> Iterator[Parcels]:
    with Parcels(tmp_path / "parcels.db") as opened:
        yield opened


def link(broker: Broker, ledger: Ledger, parcels: Parcels, hub: Hub, pinned: Pinned = NOTHING_PINNED) -> Uplink:
    how = helpers.settings(broker, receipts=True)
    return Uplink(how, TOPICS, ledger, parcels, facts, pinned, hub)


def test_what_is_retained_comes_where_it_is_wanted(tmp_path: Path, ledger: Ledger, parcels: Parcels) -> None:
    hub = Hub()
    with Broker(tmp_path) as broker, wire(broker, TOPICS) as centre:
        centre.manifest(b"kept manifest")
        centre.person("p-1", b"kept person")
        with working(link(broker, ledger, parcels, hub)):
            assert hub.heard_.get(timeout=LIMIT_S).payload == b"kept manifest"
            centre.person("p-2", b"new person")
            assert hub.heard_.get(timeout=LIMIT_S).payload == b"new person"
            assert hub.channel is not None
            hub.channel.subscribe(Subscription(TOPICS.person("p-1")))
            assert hub.heard_.get(timeout=LIMIT_S).payload == b"kept person"
            assert hub.heard_.empty()


def test_commands_are_told_and_answered_and_what_is_none_is_refused(
    tmp_path: Path, ledger: Ledger, parcels: Parcels
) -> None:
    hub = Hub()
    report = Report(unit=UNIT, kiosk=KIOSK, version=1, at=datetime.now(UTC))
    with (
        Broker(tmp_path) as broker,
        wire(broker, TOPICS) as centre,
        working(link(broker, ledger, parcels, hub, Pinned(receiver=CENTRE.public))) as up,
    ):
        wait_for(lambda: up.state.phase == "online", "being online")
        with centre.hearing(TOPICS.status) as births:  # it follows the subscriptions, which the broker has taken then
            births.get(timeout=LIMIT_S)
        assert centre.ask(sign(report, CENTRE)) == b"yes"
        assert isinstance(hub.told.get(timeout=LIMIT_S), Report)
        centre.say(TOPICS.command, sign(report, SigningKey.make()), retain=False)
        centre.say(TOPICS.receipt, b"[]", retain=False)
        assert all(isinstance(hub.told.get(timeout=LIMIT_S), ContractError) for _ in range(2))


def test_the_heart_beats_between_two_messages(tmp_path: Path, ledger: Ledger, parcels: Parcels) -> None:
    """A bad message may take a second to refuse and the watchdog waits ten, so beats must go on during a flood."""
    hub, stop, seen = Hub(), threading.Event(), list[int]()
    with Broker(tmp_path) as broker, wire(broker, TOPICS) as centre:
        up = link(broker, ledger, parcels, hub)
        thread = threading.Thread(target=up.run, args=(stop, lambda: seen.append(hub.told.qsize())))
        thread.start()
        wait_for(lambda: up.state.phase == "online", "being online")
        for _ in range(200):
            centre.say(TOPICS.receipt, b"[" * 10_000, retain=False)
        wait_for(lambda: hub.told.qsize() == 200, "all to be refused")
        stop.set()
        thread.join(LIMIT_S)
    assert set(range(200)) <= set(seen)


def strict(folder: Path) -> str:
    """Return the configuration of a broker that refuses the agency's documents and answers with a reason code."""
    if not _PLUGIN.exists():
        pytest.skip("mosquitto's plugin for access lists is not installed")
    sending = [TOPICS.status, TOPICS.entry, TOPICS.command]
    rules = [{"acltype": "publishClientSend", "topic": topic, "allow": True} for topic in sending]
    hearing = [TOPICS.receipt, TOPICS.command]
    rules += [{"acltype": "subscribeLiteral", "topic": topic, "allow": True} for topic in hearing]
    access = {"publishClientSend": False, "publishClientReceive": True, "subscribe": False, "unsubscribe": True}
    file = folder / "access.json"
    document = {
        "defaultACLAccess": access,
        "roles": [{"rolename": "kiosk", "acls": rules}],
        "groups": [{"groupname": "anybody", "roles": [{"rolename": "kiosk"}]}],
        "anonymousGroup": "anybody",
    }
    file.write_text(json.dumps(document))
    return f"allow_anonymous true\nuser root\nplugin {_PLUGIN}\nplugin_opt_config_file {file}"


def test_a_broker_that_denies_documents_and_answers_denies_no_attendance(
    tmp_path: Path, ledger: Ledger, parcels: Parcels, caplog: pytest.LogCaptureFixture
) -> None:
    hub = Hub()
    report = Report(unit=UNIT, kiosk=KIOSK, version=1, at=datetime.now(UTC))
    with (
        Broker(tmp_path, extra=strict(tmp_path)) as broker,
        wire(broker, TOPICS) as centre,
        working(link(broker, ledger, parcels, hub)) as up,
    ):
        wait_for(lambda: up.state.phase == "online", "being online")
        centre.ask(sign(report, None), answer_to=f"{TOPICS.root}/forbidden", wait_s=0.5)
        assert isinstance(hub.told.get(timeout=LIMIT_S), Report)
        ledger.append(record())
        wait_for(lambda: ledger.counts().unsent == 0, "the record at the broker")
        assert up.state.phase == "online"
    assert "does not give the agency's documents" in caplog.text
    assert "does not take the answer to a command" in caplog.text


@given(payload=st.binary(max_size=200), topic=st.sampled_from([TOPICS.receipt, TOPICS.command]))
@settings(max_examples=500)
def test_noise_is_refused_with_or_without_a_key(payload: bytes, topic: str) -> None:
    for key in (None, CENTRE.public):
        with pytest.raises(ContractError):
            read(IncomingMessage(topic, payload), TOPICS, 10, key)
