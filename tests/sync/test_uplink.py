"""The uplink at a real mosquitto: no entry is lost when a process is killed, and refusals are reported."""

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.lab.demo.broker import Broker, free_port
from sync.contract import Birth, CameraFacts, Heartbeat, Offline, Status, parse_status
from sync.errors import StoreFull
from sync.ledger import Ledger
from sync.mqtt.broker import BrokerSettings
from sync.mqtt.listener import Received
from sync.mqtt.session import TURN_S
from sync.mqtt.uplink import Uplink
from sync.parcels import Parcels
from tests.brokers import needs_mosquitto
from tests.sync.helpers import BOOT, KIOSK, TOPICS, UNIT, Heard, facts, listening, record, settings, uplink, working
from tests.sync.subscriber import Subscriber
from tests.waiting import LIMIT_S, wait_for

pytestmark = needs_mosquitto

# The first new try comes no sooner than after a second: time for a subscriber to be there before it.
PATIENT = {"retry_least_s": 2, "retry_most_s": 2}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", KIOSK, UNIT) as opened:
        yield opened


def heard_until(heard: Heard, last: int) -> list[int]:
    """Return the sequence numbers in the order of their arrival, up to the first `last`."""
    seqs: list[int] = []
    while last not in seqs:
        item = heard.get(timeout=LIMIT_S)
        assert isinstance(item, Received)
        seqs.append(item.entry.seq)
    return seqs


def test_what_waited_goes_out_oldest_first_and_what_comes_follows(tmp_path: Path, ledger: Ledger) -> None:
    for _ in range(50):
        ledger.append(record())
    payloads = [stored.payload for stored in ledger.stored()]
    with Broker(tmp_path) as broker, listening(broker) as heard, uplink(ledger, settings(broker)) as link:
        got = [heard.get(timeout=LIMIT_S) for _ in range(50)]
        assert [item.payload for item in got] == payloads
        wait_for(lambda: link.state.phase == "online", "being online")
        ledger.append(record("p-2"))
        assert heard_until(heard, 51) == [51]
        wait_for(lambda: ledger.counts().unsent == 0, "every mark")


def test_an_append_goes_out_at_once(tmp_path: Path, ledger: Ledger) -> None:
    with Broker(tmp_path) as broker, listening(broker) as heard, uplink(ledger, settings(broker)) as link:
        wait_for(lambda: link.state.phase == "online", "being online")
        delays = []
        for _ in range(5):
            began = time.monotonic()
            ledger.append(record())
            heard.get(timeout=LIMIT_S)
            delays.append(time.monotonic() - began)
    assert min(delays) < TURN_S, "it does not wait for the next turn"


def test_a_broker_killed_in_the_middle_gets_the_rest_when_it_is_back(tmp_path: Path, ledger: Ledger) -> None:
    """The broker loses its messages. Those that it acknowledged were heard before; the others are sent afterwards."""
    for _ in range(2000):
        ledger.append(record())
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, **PATIENT)) as link:
        wait_for(lambda: ledger.counts().unsent < 1900, "the first marks")
        broker.kill()
        wait_for(lambda: link.state.phase == "offline", "noticing")
        left = [stored.seq for stored in ledger.waiting(5000)]
        assert 0 < len(left) < 1900
        broker.start()
        with listening(broker) as heard:
            assert heard_until(heard, 2000) == left
        wait_for(lambda: ledger.counts().unsent == 0, "every mark")


def test_what_a_silent_broker_took_without_answer_is_sent_again(tmp_path: Path, ledger: Ledger) -> None:
    with Broker(tmp_path) as broker, uplink(ledger, settings(broker, **PATIENT)) as link:
        wait_for(lambda: link.state.phase == "online", "being online")
        broker.pause()
        for _ in range(100):
            ledger.append(record())
        broker.kill()
        wait_for(lambda: link.state.phase == "offline", "noticing")
        assert ledger.counts().unsent == 100
        broker.start()
        with listening(broker) as heard:
            assert heard_until(heard, 100) == list(range(1, 101))
        wait_for(lambda: ledger.counts().unsent == 0, "every mark")


def test_a_kiosk_killed_between_append_and_acknowledgement_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Broker(tmp_path) as broker:
        command = [sys.executable, "-m", "tests.sync.crash_child", str(path), str(broker.port), "30"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdin
        assert child.stdout
        phase = ""
        while phase != "online":
            child.stdin.write("state\n")
            child.stdin.flush()
            phase = child.stdout.readline().strip()
        broker.pause()
        child.stdin.write("append\n")
        child.stdin.flush()
        claimed = [int(child.stdout.readline()) for _ in range(30)]
        child.kill()
        child.communicate()
        broker.kill()
        broker.start()
        with Ledger(path, KIOSK, UNIT) as ledger:
            assert [stored.seq for stored in ledger.waiting(100)] == claimed == list(range(1, 31))
            with listening(broker) as heard, uplink(ledger, settings(broker)):
                assert heard_until(heard, 30) == claimed
            assert ledger.verify().sound
            assert ledger.counts().unsent == 0


def test_a_wrong_password_is_told_with_its_reason_code_and_tried_again(tmp_path: Path, ledger: Ledger) -> None:
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "kiosk", "right"], check=True, capture_output=True)
    users.chmod(0o644)
    password = tmp_path / "password"
    password.write_text("wrong\n")
    ledger.append(record())
    with Broker(tmp_path, extra=f"allow_anonymous false\npassword_file {users}\nuser root") as broker:
        how = settings(broker, username="kiosk", password_file=password)
        with uplink(ledger, how) as link:
            wait_for(lambda: link.state.phase == "refused", "being refused")
            assert "135" in link.state.reason or "134" in link.state.reason
            assert "wrong" not in link.state.reason
            password.write_text("right\n")
            wait_for(lambda: ledger.counts().unsent == 0, "being let in")


def test_an_entry_the_broker_does_not_take_stays_unsent(tmp_path: Path, ledger: Ledger) -> None:
    """An access list that allows the status only: MQTT 5 answers the entry with reason code 135."""
    rules = tmp_path / "rules"
    rules.write_text(f"topic write {TOPICS.status}\n")
    ledger.append(record())
    with Broker(tmp_path, extra=f"allow_anonymous true\nacl_file {rules}\nuser root") as broker:
        with uplink(ledger, settings(broker)) as link:
            wait_for(lambda: link.state.phase == "refused", "being refused")
            assert "135" in link.state.reason
        assert ledger.counts().unsent == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "x" * 70, "a..b"])
def test_nobody_there_is_offline_with_a_reason(ledger: Ledger, host: str) -> None:
    with uplink(ledger, BrokerSettings(host=host, port=free_port())) as link:
        wait_for(lambda: link.state.phase == "offline", "noticing")
        assert f"cannot reach {host}" in link.state.reason


def test_a_missing_password_file_is_offline_with_a_reason(tmp_path: Path, ledger: Ledger) -> None:
    how = BrokerSettings(username="kiosk", password_file=tmp_path / "nowhere")
    with uplink(ledger, how) as link:
        wait_for(lambda: link.state.phase == "offline", "noticing")
        assert "nowhere" in link.state.reason


def test_the_status_is_born_beats_and_ends(tmp_path: Path, ledger: Ledger) -> None:
    ledger.append(record())
    with Broker(tmp_path) as broker, Subscriber(broker, TOPICS.status) as told:
        with uplink(ledger, settings(broker, heartbeat_s=0.3)):
            born = status(told)
            assert isinstance(born, Birth)
            assert born.camera == CameraFacts(scheme="v4l2", model="HD Pro Webcam C920")
            assert (born.boot_id, born.version, born.last_seq, born.unsent) == (BOOT, "0.1.0", 1, 1)
            beat = status(told)
            assert isinstance(beat, Heartbeat)
            assert beat.unsent == 0
        last: Birth | Heartbeat | Offline = born
        while not isinstance(last, Offline):
            last = status(told)
        assert last.reason == "stopped"
        with Subscriber(broker, TOPICS.status) as later:
            assert status(later) == last, "the farewell is retained"


def test_a_backlog_does_not_hold_up_the_heartbeat(tmp_path: Path, ledger: Ledger) -> None:
    for _ in range(300):
        ledger.append(record())
    how = {"heartbeat_s": 0.3, "rate_per_s": 20, "spread_s": 0, "receipts": True}
    with (
        Broker(tmp_path) as broker,
        Subscriber(broker, TOPICS.status) as told,
        uplink(ledger, settings(broker, **how)),
    ):
        assert isinstance(status(told), Birth)
        beats = [status(told) for _ in range(4)]
    assert all(isinstance(beat, Heartbeat) for beat in beats)
    assert beats[-1].unsent > 0, "the backlog is still there"
    assert beats[-1].waiting == 300


def test_a_backlog_begins_after_a_random_wait_and_the_first_few_at_once(tmp_path: Path, ledger: Ledger) -> None:
    for _ in range(100):
        ledger.append(record())
    with Broker(tmp_path) as broker, listening(broker) as heard:
        with uplink(ledger, settings(broker, spread_s=3600, in_flight=10)) as link:
            wait_for(lambda: ledger.counts().waiting == 90, "the first few")
            assert link.state.phase == "online"
        assert heard.qsize() == 10


def test_the_will_speaks_for_a_kiosk_that_was_killed(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, Subscriber(broker, TOPICS.status) as told:
        command = [sys.executable, "-m", "tests.sync.crash_child", str(tmp_path / "l.db"), str(broker.port), "1"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE)
        assert isinstance(status(told), Birth)
        child.kill()
        child.communicate()
        assert status(told) == Offline(kiosk=KIOSK, unit=UNIT, boot_id=BOOT, reason="lost")


def test_stopping_is_quick_while_the_broker_does_not_answer(tmp_path: Path, ledger: Ledger) -> None:
    with Broker(tmp_path) as broker:
        with uplink(ledger, settings(broker)) as link:
            wait_for(lambda: link.state.phase == "online", "being online")
            broker.pause()
            ledger.append(record())
        assert ledger.counts().unsent == 1, "it stops although the broker is still silent"
        broker.resume()


def test_stopping_is_quick_while_the_network_swallows_everything(ledger: Ledger) -> None:
    """The listening socket's queue is full, so the kernel drops new connections, as a broken network would."""
    with socket.socket() as deaf, contextlib.ExitStack() as crowd:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            caller = crowd.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        how = BrokerSettings(host="127.0.0.1", port=deaf.getsockname()[1], connect_timeout_s=3)
        with uplink(ledger, how) as link:
            wait_for(lambda: len(dialling()) == 1, "dialling")
            ledger.append(record())
            assert link.state.phase == "connecting"
        assert dialling(), "it has stopped though dialling goes on"
        wait_for(lambda: not dialling(), "giving up")


def dialling() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("mqtt-dial")]


def test_beats_go_on_while_connecting_takes_long(tmp_path: Path, ledger: Ledger) -> None:
    with Broker(tmp_path) as broker, Parcels(tmp_path / "parcels.db") as parcels:
        broker.pause()
        beats: list[float] = []
        stop = threading.Event()
        link = Uplink(settings(broker), TOPICS, ledger, parcels, facts)
        thread = threading.Thread(target=link.run, args=(stop, lambda: beats.append(time.monotonic())))
        thread.start()
        wait_for(lambda: len(beats) > 5, "beats")
        stop.set()
        thread.join(LIMIT_S)
        broker.resume()
    assert len(beats) > 5


def status(told: Subscriber) -> Status:
    return parse_status(told.next())


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A folder with a self-signed certificate for 127.0.0.1 and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)
    return tmp_path


# paho leaves the socket of a failed handshake to the reference count, which closes it at once and warns of it.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
def test_tls_is_spoken_and_an_unknown_authority_is_not_trusted(authority: Path, ledger: Ledger) -> None:
    certificate = authority / "cert.pem"
    extra = f"allow_anonymous true\ncertfile {certificate}\nkeyfile {authority / 'key.pem'}\nuser root"
    ledger.append(record())
    with Broker(authority, extra=extra) as broker:
        with uplink(ledger, settings(broker, tls=True)) as link:
            wait_for(lambda: link.state.phase == "offline", "distrust")
            assert "certificate" in link.state.reason
        with uplink(ledger, settings(broker, tls=True, ca_file=certificate)):
            wait_for(lambda: ledger.counts().unsent == 0, "delivery over TLS")
        with uplink(ledger, settings(broker, tls=True, ca_file=authority / "nowhere.pem")) as link:
            wait_for(lambda: link.state.phase == "offline", "noticing")
            assert "nowhere.pem" in link.state.reason


def test_a_full_disk_does_not_end_the_uplink(tmp_path: Path, small_disk: Path) -> None:
    """Marks need disk space too: without it entries stay unsent, and are sent again later."""
    ballast = small_disk / "ballast"
    with (
        Ledger(small_disk / "ledger.db", KIOSK, UNIT) as ledger,
        Parcels(small_disk / "parcels.db") as parcels,
        Broker(tmp_path) as broker,
    ):
        for _ in range(100):
            ledger.append(record())
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        with pytest.raises(StoreFull):
            for _ in range(500):
                ledger.append(record())
        with working(Uplink(settings(broker), TOPICS, ledger, parcels, facts)) as link:
            wait_for(lambda: link.state.phase == "offline", "the full disk")
            assert "full" in link.state.reason
            ballast.unlink()
            wait_for(lambda: ledger.counts().unsent == 0, "every mark")
