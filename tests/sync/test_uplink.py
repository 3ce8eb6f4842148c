"""The uplink against a real mosquitto."""

import queue
from pathlib import Path

import pytest

from sync.ledger import Ledger
from sync.listener import Received
from tests.brokers import Broker, needs_mosquitto
from tests.sync.helpers import KIOSK, UNIT, listening, record, settings, uplink, wait_for

pytestmark = needs_mosquitto


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        yield opened


def heard_seqs(heard: queue.SimpleQueue, count: int) -> list[int]:
    seqs = []
    while len(seqs) < count:
        item = heard.get(timeout=20)
        assert isinstance(item, Received)
        seqs.append(item.entry.seq)
    return seqs


def test_what_waited_goes_out_oldest_first_and_what_comes_follows(tmp_path: Path, ledger: Ledger) -> None:
    for _ in range(50):
        ledger.append(record())
    payloads = [stored.payload for stored in ledger.stored()]
    with Broker(tmp_path) as broker, listening(broker) as heard, uplink(ledger, settings(broker)) as link:
        got = [heard.get(timeout=20) for _ in range(50)]
        assert [item.payload for item in got] == payloads
        assert link.state.phase == "online"
        ledger.append(record("p-2"))
        assert heard_seqs(heard, 1) == [51]
        wait_for(lambda: ledger.counts().unsent == 0, "every mark")
