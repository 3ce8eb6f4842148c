"""Delivery from the ledger through a real broker to the database, and receipts back, with processes killed midway."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.store.database import CentralDatabase
from central.store.gaps import all_gaps
from kiosk.lab.demo.broker import Broker
from sync.contract import parse_entry
from sync.documents.command import ResendFrom
from sync.documents.receipt import ANSWER, Receipt, Rejection
from sync.ledger import Ledger
from sync.mqtt.listener import Received
from sync.signing import SigningKey
from tests.brokers import needs_mosquitto
from tests.central.helpers import held, receiving, refused, register, say
from tests.sync.helpers import AT, KEY, KIOSK, TOPICS, UNIT, listening, record, settings, stamped, uplink
from tests.sync.subscriber import Subscriber
from tests.waiting import LIMIT_S, wait_for

pytestmark = needs_mosquitto

WITH_RECEIPTS = {"receipts": True}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    folder = tmp_path / "kiosk"
    folder.mkdir()
    KEY.save(folder / "device.key")
    with Ledger(folder / "ledger.db", KIOSK, UNIT) as opened:
        yield opened


def fill(ledger: Ledger, count: int) -> list[bytes]:
    for number in range(count):
        ledger.append(record(f"p-{number}"))
    return [stored.payload for stored in ledger.stored()]


def delivered(ledger: Ledger) -> None:
    wait_for(lambda: ledger.counts().waiting == 0, "every receipt")


def test_what_is_stored_is_receipted(tmp_path: Path, ledger: Ledger, database: CentralDatabase) -> None:
    payloads = fill(ledger, 300)
    with (
        Broker(tmp_path) as broker,
        receiving(broker, database),
        uplink(ledger, settings(broker, **WITH_RECEIPTS)),
    ):
        delivered(ledger)
        assert held(database) == payloads
        late = ledger.append(record("late"))
        delivered(ledger)
    assert ledger.counts().receipted == late.seq == 301
    assert len(held(database)) == 301
    assert refused(database) == {}


def test_receivers_side_by_side_share_the_work(tmp_path: Path, ledger: Ledger, database: CentralDatabase) -> None:
    payloads = fill(ledger, 1000)
    with (
        Broker(tmp_path) as broker,
        receiving(broker, database),
        receiving(broker, database),
        uplink(ledger, settings(broker, **WITH_RECEIPTS)),
    ):
        delivered(ledger)
    assert held(database) == payloads
    assert refused(database) == {}


def test_what_the_broker_has_but_nobody_stored_is_not_delivered(tmp_path: Path, ledger: Ledger) -> None:
    fill(ledger, 20)
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, **WITH_RECEIPTS)):
        wait_for(lambda: ledger.counts().unsent == 0, "every acknowledgement")
        assert (ledger.counts().waiting, ledger.counts().receipted) == (20, 0)


def test_without_receipts_the_brokers_word_counts(tmp_path: Path, ledger: Ledger) -> None:
    fill(ledger, 20)
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, receipts=False)):
        delivered(ledger)


def test_a_broker_that_forgets_what_it_acknowledged_gets_it_again(
    tmp_path: Path, ledger: Ledger, sqlite: CentralDatabase
) -> None:
    payloads = fill(ledger, 50)
    # Sent again after a second too: the uplink may be back before the receiver is.
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, resend_after_s=1, **WITH_RECEIPTS)) as link:
        wait_for(lambda: ledger.counts().unsent == 0, "every acknowledgement")
        broker.kill()
        wait_for(lambda: link.state.phase == "offline", "noticing")
        broker.start()
        with receiving(broker, sqlite):
            delivered(ledger)
    assert held(sqlite) == payloads


def test_what_stays_without_a_receipt_is_sent_again_on_the_same_connection(
    tmp_path: Path, ledger: Ledger, sqlite: CentralDatabase
) -> None:
    payloads = fill(ledger, 50)
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, resend_after_s=1, **WITH_RECEIPTS)):
        wait_for(lambda: ledger.counts().unsent == 0, "every acknowledgement")
        with receiving(broker, sqlite):
            delivered(ledger)
    assert held(sqlite) == payloads


def test_a_receiver_killed_between_commit_and_receipt_stores_nothing_twice(
    tmp_path: Path, ledger: Ledger, database: CentralDatabase, url: str
) -> None:
    payloads = fill(ledger, 30)
    with Broker(tmp_path) as broker:
        command = [sys.executable, "-m", "tests.central.killed_child", url, str(broker.port)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
        with uplink(ledger, settings(broker, resend_after_s=1, **WITH_RECEIPTS)):
            child.communicate(timeout=LIMIT_S)
            assert child.returncode == -signal.SIGKILL
            assert held(database) == payloads[: len(held(database))] != []
            assert ledger.counts().receipted == 0
            with receiving(broker, database):
                delivered(ledger)
    assert held(database) == payloads
    assert refused(database) == {}


def test_a_gap_is_asked_for_and_filled(tmp_path: Path, ledger: Ledger, sqlite: CentralDatabase) -> None:
    """Entries that were once marked as delivered on the broker's word alone are missing at the centre."""
    payloads = fill(ledger, 40)
    ledger.mark_receipted([], through_seq=40)
    with Broker(tmp_path) as broker, Subscriber(broker, TOPICS.command) as asked, receiving(broker, sqlite):
        with uplink(ledger, settings(broker, **WITH_RECEIPTS)):
            ledger.append(record("p-late"))
            wait_for(lambda: len(held(sqlite)) == 41, "the gap to be filled")
            delivered(ledger)
        command = ResendFrom.model_validate_json(asked.next())
    assert (command.seq, command.through_seq) == (1, 40)
    assert held(sqlite)[:40] == payloads[:40]


def test_resend_from_without_an_end_sends_everything_again(tmp_path: Path, ledger: Ledger) -> None:
    fill(ledger, 10)
    asked = ResendFrom(kiosk=KIOSK, unit=UNIT, version=1, at=AT, seq=4, through_seq=None)
    command = asked.model_dump_json().encode()
    receipt = Receipt(kiosk=KIOSK, unit=UNIT, through_seq=10).model_dump_json().encode()
    with Broker(tmp_path) as broker, listening(broker) as heard, uplink(ledger, settings(broker, **WITH_RECEIPTS)):
        first = [heard.get(timeout=LIMIT_S) for _ in range(10)]
        say(broker, (TOPICS.receipt, receipt))
        delivered(ledger)
        say(broker, (TOPICS.command, command))
        again = [heard.get(timeout=LIMIT_S) for _ in range(7)]
    assert all(isinstance(item, Received) for item in (*first, *again))
    assert [item.payload for item in again] == [item.payload for item in first[3:]]


def test_what_only_pretends_to_be_a_receipt_changes_nothing(tmp_path: Path, ledger: Ledger) -> None:
    fill(ledger, 5)
    wrong = [
        b"",
        b"not JSON",
        b'{"v":1}',
        b"[" * 100_000,
        Receipt(kiosk="gate", unit=UNIT, through_seq=5).model_dump_json().encode(),
        Receipt(kiosk=KIOSK, unit=UNIT, through_seq=6).model_dump_json().encode(),
        Receipt(kiosk=KIOSK, unit=UNIT, through_seq=0, also=(9,)).model_dump_json().encode(),
    ]
    right = Receipt(kiosk=KIOSK, unit=UNIT, through_seq=2, also=(4,)).model_dump_json().encode()
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, **WITH_RECEIPTS)) as link:
        wait_for(lambda: ledger.counts().unsent == 0, "every acknowledgement")
        say(broker, *((TOPICS.receipt, payload) for payload in wrong), (TOPICS.command, b"rubbish"))
        assert ledger.counts().receipted == 0
        say(broker, (TOPICS.receipt, right))
        wait_for(lambda: ledger.counts().receipted == 3, "the right receipt")
        assert link.state.phase == "online"
    assert [stored.seq for stored in ledger.waiting(9)] == [3, 5]


def test_an_entry_the_centre_does_not_take_stays_the_kiosks(tmp_path: Path, sqlite: CentralDatabase) -> None:
    """Another device uses the name of this kiosk, with a key that is not registered."""
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as ledger:
        fill(ledger, 3)
        with (
            Broker(tmp_path) as broker,
            Subscriber(broker, TOPICS.receipt) as told,
            receiving(broker, sqlite),
            uplink(ledger, settings(broker, **WITH_RECEIPTS)),
        ):
            answers = [ANSWER.validate_json(told.next()) for _ in range(3)]
        assert ledger.counts().waiting == 3
    assert [answer.seq for answer in answers if isinstance(answer, Rejection)] == [1, 2, 3]
    assert all("not signed" in answer.reason for answer in answers if isinstance(answer, Rejection))
    assert held(sqlite) == []
    assert refused(sqlite) == {"signature": 3}


def test_a_kiosk_is_taken_soon_after_it_was_registered(tmp_path: Path, sqlite: CentralDatabase) -> None:
    with Ledger(tmp_path / "ledger.db", "gate", UNIT) as ledger:
        ledger.append(record())
        payload = next(iter(ledger.stored())).payload
        topic = TOPICS.entry.replace(KIOSK, "gate")
        key: SigningKey = ledger.key
    with Broker(tmp_path) as broker, receiving(broker, sqlite):
        say(broker, (topic, payload))
        wait_for(lambda: refused(sqlite) == {"unknown_kiosk": 1}, "the refusal")
        register(sqlite, "gate", key)

        def taken() -> bool:
            say(broker, (topic, payload))
            return held(sqlite, "gate") == [payload]

        wait_for(taken, "being taken")


def test_a_receiver_comes_back_to_a_broker_that_was_away(
    tmp_path: Path, ledger: Ledger, sqlite: CentralDatabase
) -> None:
    payloads = fill(ledger, 20)
    with Broker(tmp_path) as broker, receiving(broker, sqlite):
        broker.kill()
        broker.start()
        with uplink(ledger, settings(broker, resend_after_s=1, **WITH_RECEIPTS)):
            delivered(ledger)
    assert held(sqlite) == payloads


def test_of_a_damaged_ledger_each_entry_is_delivered_or_listed_as_lost(tmp_path: Path, sqlite: CentralDatabase) -> None:
    KEY.save(tmp_path / "device.key")
    path = tmp_path / "ledger.db"
    with Ledger(path, KIOSK, UNIT) as whole:
        payloads = fill(whole, 60)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * 9_000)
    damaged = Ledger(path, KIOSK, UNIT)
    assert damaged.open_or_salvage(stamped)
    with Broker(tmp_path) as broker, receiving(broker, sqlite), uplink(damaged, settings(broker, **WITH_RECEIPTS)):
        delivered(damaged)
    damaged.close()
    *arrived, told = held(sqlite)
    with sqlite.transaction() as connection:
        lost = [seq for _, _, gap in all_gaps(connection) if gap.lost for seq in range(gap.first, gap.last + 1)]
    assert 20 < len(arrived) < 60
    assert b'"ledger_salvaged"' in told
    assert sorted([*(payloads.index(payload) + 1 for payload in arrived), *lost]) == list(
        range(1, parse_entry(told).seq)
    )
    assert refused(sqlite) == {}


def test_a_kiosk_that_was_put_back_to_an_older_state_takes_nothing_for_delivered(
    tmp_path: Path, ledger: Ledger, sqlite: CentralDatabase
) -> None:
    """The kiosk uses numbers again for other entries. The centre refuses them; its receipts are for the first ones."""
    older = tmp_path / "older"
    with Broker(tmp_path) as broker, receiving(broker, sqlite):
        with uplink(ledger, settings(broker, **WITH_RECEIPTS)):
            fill(ledger, 5)
            delivered(ledger)
            ledger.close()
            shutil.copytree(ledger.path.parent, older, ignore=shutil.ignore_patterns("older"))
            ledger.open()
            fill(ledger, 5)
            delivered(ledger)
        with Ledger(older / ledger.path.name, KIOSK, UNIT) as back:
            payloads = fill(back, 5)
            with uplink(back, settings(broker, **WITH_RECEIPTS)):
                wait_for(lambda: refused(sqlite).get("conflict", 0) == 5, "each conflict")
                back.append(record("p-beyond"))
                wait_for(lambda: refused(sqlite).get("chain", 0) == 1, "the entry that joins nothing")
            assert [stored.payload for stored in back.waiting(5)] == payloads[-5:]
            assert back.counts().waiting == 6
