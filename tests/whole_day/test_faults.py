"""What goes wrong in a day, and what is left of the records: nothing is lost and nothing is claimed in vain."""

import subprocess
from pathlib import Path

import pytest

from kiosk.lab.demo import show
from kiosk.lab.demo.broker import Broker
from sync.chain import verify
from sync.contract import EventEntry, LedgerSalvaged
from sync.mqtt.listener import Received
from tests import commands
from tests.brokers import needs_mosquitto
from tests.whole_day.harness import Arrivals, Kiosk, change, film, kind_of, office, walk

pytestmark = needs_mosquitto


def arrivals_until(kiosk: Kiosk, arrivals: Arrivals, last_seq: int) -> dict[int, Received]:
    """What comes, by sequence number, up to the first `last_seq`."""
    found: dict[int, Received] = {}
    while last_seq not in found:
        arrival = kiosk.next(arrivals)
        found[arrival.entry.seq] = arrival
    return found


def test_killed_between_append_and_puback_every_record_arrives_as_it_was(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known)) as (place, kiosk):
        show.enrol(kiosk.settings, known)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            assert kiosk.next(arrivals, "started").entry.seq == 2
            place.broker.pause()
            kiosk.wait(kiosk.records, "record on the disk")
            kiosk.kill()
            with kiosk.ledger() as ledger:
                unsent = ledger.waiting(100)
            assert [kind_of(entry) for entry in kiosk.entries()] == ["enrolled", "started", "record"]
            assert 3 in [stored.seq for stored in unsent]
            place.broker.resume()
            kiosk.start_ready()
            found = arrivals_until(kiosk, arrivals, 4)
            kiosk.wait(lambda: kiosk.said("repeat"), "the same person, recognised again")
            assert kiosk.stop()[0] == 0
        for stored in unsent:
            assert found[stored.seq].payload == stored.payload
        assert len(kiosk.records()) == 1, "the record of before the kill counts"
        assert verify((stored.payload for stored in kiosk.stored()), kiosk.key).sound


def test_stopping_is_quick_while_the_camera_is_lost_and_the_broker_hangs(tmp_path: Path) -> None:
    with office(tmp_path) as (place, kiosk):
        film(kiosk.config, f"v4l2:{tmp_path}/no-camera")
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            lost = kiosk.next(arrivals, "camera_lost").entry
            assert isinstance(lost, EventEntry)
            assert lost.body.detail.camera == "synthetic person"
            assert kiosk.said("no frames from the camera")
            place.broker.pause()
            status, took_s = kiosk.stop()
            place.broker.resume()
        assert status == 0
        assert took_s < 15, "a broker that hangs is not waited for"
        assert kind_of(kiosk.entries()[-1]) == "stopped"


def test_a_part_that_fails_ends_the_daemon_with_status_1(tmp_path: Path, known: Path) -> None:
    """A film whose second picture is none: nobody has foreseen that while it runs."""
    pictures = tmp_path / "film"
    pictures.mkdir()
    (pictures / "1.jpg").write_bytes(known.read_bytes())
    (pictures / "2.jpg").write_bytes(b"no picture")
    with office(tmp_path) as (_, kiosk):
        film(kiosk.config, f"file:{pictures}?realtime=1&fps=1")
        kiosk.start()
        assert kiosk.ended() == 1
        assert kiosk.said("stopping: capture failed")
        assert "2.jpg: is not an image that can be read" in kiosk.log
        stopped = kiosk.entries()[-1]
        assert isinstance(stopped, EventEntry)
        assert stopped.body.detail.reason == "a worker failed"


def test_a_missing_asset_is_told_before_anything_starts(
    tmp_path: Path, known: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIOSK_MODELS", str(tmp_path / "empty"))
    with office(tmp_path, walk(known)) as (_, kiosk):
        kiosk.start()
        assert kiosk.ended() == 1
        assert "no embedder is installed in" in kiosk.log
        assert "kiosk models install" in kiosk.log
        assert "Traceback" not in kiosk.log
        assert not kiosk.settings.kiosk.data_dir.joinpath("ledger.db").exists()


def test_a_broker_that_refuses_is_told_with_its_code_and_waited_for(tmp_path: Path, known: Path) -> None:
    users, password = tmp_path / "users", tmp_path / "password"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "kiosk", "right"], check=True, capture_output=True)
    users.chmod(0o644)
    password.write_text("wrong\n")
    closed = Broker(tmp_path, extra=f"allow_anonymous false\npassword_file {users}\nuser root")
    with office(tmp_path, walk(known)) as (place, kiosk), closed:
        show.enrol(kiosk.settings, known)
        change(
            kiosk.config,
            f"port = {place.broker.port}",
            f'port = {closed.port}\nusername = "kiosk"\npassword_file = "{password}"',
        )
        kiosk.start_ready()
        kiosk.wait(kiosk.records, "record on the disk")
        assert "uplink refused: the broker refused: Not authorized (reason code 135)" in kiosk.log
        password.write_text("right\n")
        with kiosk.ledger() as ledger:
            kiosk.wait(lambda: ledger.counts().unsent == 0, "every mark")
        assert kiosk.stop()[0] == 0


def test_a_damaged_ledger_is_set_aside_and_an_event_says_so(tmp_path: Path, known: Path) -> None:
    with office(tmp_path, walk(known)) as (_, kiosk):
        show.enrol(kiosk.settings, known)
        path = tmp_path / "ledger.db"
        ruin = path.read_bytes()[:100] + b"\xa5" * 4000 + path.read_bytes()[4100:]
        path.write_bytes(ruin)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            told = kiosk.next(arrivals, "ledger_salvaged").entry
            assert isinstance(told.body, LedgerSalvaged)
            assert told.body.detail.moved_to is not None
            assert (tmp_path / told.body.detail.moved_to).read_bytes() == ruin
            record = kiosk.next(arrivals, "record").entry
            assert record.seq > told.seq
            assert kiosk.stop()[0] == 0
        assert "salvaging the ledger" in kiosk.log


def test_a_full_disk_is_said_claims_nothing_and_is_outlived(tmp_path: Path, known: Path, small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    with office(tmp_path) as (_, kiosk):
        film(kiosk.config, walk(known, "&loop=1"))
        change(kiosk.config, f'data_dir = "{tmp_path}"', f'data_dir = "{small_disk}"')
        change(kiosk.config, "[attendance]", "[storage]\nlow_mb = 0\nstop_mb = 0\n\n[attendance]")
        show.enrol(kiosk.settings, known)
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
                while True:
                    file.write(bytes(4096))
            kiosk.wait(lambda: kiosk.said("not recorded: no room in the ledger"), "word of the full disk")
            assert "is full: make room" in kiosk.log
            assert "recorded" not in kiosk.heard()
            assert not kiosk.records()
            ballast.unlink()
            assert kiosk.next(arrivals, "record").entry.body.person == show.PERSON
            assert "recorded" in kiosk.heard()
            assert kiosk.stop()[0] == 0


def test_who_is_enrolled_or_removed_meanwhile_counts_without_a_restart(tmp_path: Path, known: Path) -> None:
    with office(tmp_path) as (_, kiosk):
        film(kiosk.config, walk(known, "&loop=1"))
        with show.subscriber(kiosk.settings) as arrivals:
            kiosk.start_ready()
            stranger = kiosk.next(arrivals, "unknown_face", "record").entry
            assert kind_of(stranger) == "unknown_face"
            assert stranger.body.detail.reason == "empty_gallery"
            show.enrol(kiosk.settings, known)
            record = kiosk.next(arrivals, "record").entry
            removal = ["people", "remove", show.PERSON, "--config", str(kiosk.config)]
            commands.run("kiosk", *removal, cwd=tmp_path).check_returncode()
            removed = kiosk.next(arrivals, "removed").entry
            assert kind_of(kiosk.next(arrivals, "unknown_face", "record").entry) == "unknown_face"
            assert record.seq < removed.seq
            assert kiosk.stop()[0] == 0
