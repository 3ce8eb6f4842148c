"""The doctor: each check on the real thing, well and ill; and all of them on a whole kiosk, beside its daemon too."""

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from camera import Frame, Orientation, Rotation
from camera.exposure import Control, ControlState
from kiosk import settings as settings_file
from kiosk.app import front, parts
from kiosk.checks import device, network, sensors
from kiosk.checks.check import CheckResult, checked
from kiosk.checks.officer_test import OfficerTest
from kiosk.clock.clock import SystemClock, mark_of
from kiosk.clock.provenance import ClockMark, Provenance
from kiosk.doctor import examination
from kiosk.lab.demo import show
from kiosk.lab.demo.broker import Broker, free_port
from kiosk.lab.demo.office import Office
from kiosk.position.place import Fix, Site
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.vision_jobs import VisionContext, VisionJobs
from kiosk.screen import Phrase, Words
from kiosk.screen.catalogue import LANGUAGES
from kiosk.settings import AgencySettings, Settings
from kiosk.storage.disk import DiskSpace
from kiosk.web.settings import ScreenSettings
from models.assets import AssetStore
from models.embedder import Embedder
from sync.contract import ClockStamp, Draft, Moment, Started, StartedDetail, Stopped, StoppedDetail
from sync.documents.sealing import Opener
from sync.ledger import Ledger
from sync.mqtt.broker import BrokerSettings
from sync.mqtt.downlink import NullDownlink
from sync.signing import SigningKey
from tests.brokers import needs_mosquitto
from tests.kiosk.machines import SetMachine
from tests.kiosk.policies import WITA, local
from tests.kiosk.web.sites import Site as WebSite
from tests.whole_day.harness import doctor

OFFICE = Site(0.504889, 117.546295, 50)
PHOTO = AssetStore().path(show.KNOWN)


def frame(index: int, at_s: float, light: int = 120) -> Frame:
    return Frame(np.full((48, 64, 3), light, np.uint8), at_s, index)


def told(check: CheckResult) -> tuple[str, str]:
    """The state and the phrase, which every language must be able to say."""
    assert all(Words(language).say(check.line) for language in LANGUAGES)
    return check.state, check.line.key


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (frame(0, 10), frame(30, 11), ("ok", "doctor_camera_ok")),
        (frame(0, 10), frame(5, 11), ("warn", "doctor_camera_slow")),
        (frame(0, 10, 3), frame(30, 11, 3), ("warn", "doctor_camera_dark")),
        (frame(7, 10), frame(7, 10), ("fail", "doctor_camera_still")),
    ],
)
def test_a_camera(first: Frame, last: Frame, found: tuple[str, str]) -> None:
    assert told(sensors.camera(first, last, Orientation(), None)) == found


@pytest.mark.parametrize(("further", "rotate"), [(90, "180"), (180, "270"), (270, "0")])
def test_a_camera_on_its_side_is_told_the_setting(further: Rotation, rotate: str) -> None:
    found = sensors.camera(frame(0, 10), frame(30, 11), Orientation(90), further)
    assert told(found) == ("warn", "doctor_camera_sideways")
    assert f"rotate = {rotate}" in Words("en").say(found.line)
    assert told(sensors.camera(frame(0, 10), frame(30, 11), Orientation(90), 0)) == ("ok", "doctor_camera_ok")


USB = {
    Control.AUTO_EXPOSURE: ControlState(1, 0, 1),
    Control.EXPOSURE_US: ControlState(15_700, 300, 204_700),
}


def test_what_of_a_camera_can_be_set() -> None:
    assert told(sensors.light(None)) == ("ok", "doctor_light_untold")
    assert told(sensors.light({Control.GAIN: ControlState(0, 0, 100)})) == ("warn", "doctor_light_fixed")
    found = sensors.light(USB)
    assert told(found) == ("ok", "doctor_light_ok")
    assert "exposure_us 15700 (300..204700)" in Words("en").say(found.line)
    assert "gain, compensation, backlight" in Words("en").say(found.line)


def fix(lat: float = OFFICE.lat, at_s: float = 0.0) -> Fix:
    return Fix(lat, OFFICE.lon, 4.0, 9, at_s, None, 3)


def test_a_place() -> None:
    assert told(sensors.place(fix(), OFFICE)) == ("ok", "doctor_place_ok")
    assert told(sensors.place(fix(0.51), OFFICE)) == ("warn", "doctor_place_far")
    assert told(sensors.place(None, OFFICE)) == ("warn", "doctor_place_none")


def test_a_clock() -> None:
    found = Provenance("ntp", 0.1, disagrees=False, wrong=False, reference=None)
    assert told(sensors.clock(found)) == ("ok", "doctor_clock_ok")
    assert told(sensors.clock(replace(found, source="rtc"))) == ("warn", "doctor_clock_rtc")
    assert told(sensors.clock(replace(found, source="none"))) == ("fail", "doctor_clock_none")
    assert told(sensors.clock(replace(found, disagrees=True))) == ("fail", "doctor_clock_disagrees")


def test_a_disk(tmp_path: Path, small_disk: Path) -> None:
    free = DiskSpace(tmp_path, 0, 0).free_bytes()
    assert told(device.disk(DiskSpace(tmp_path, 0, 0), may_vanish=False))[0] == "ok"
    assert told(device.disk(DiskSpace(tmp_path, 2 * free, 0), may_vanish=False)) == ("warn", "doctor_disk_low")
    assert told(device.disk(DiskSpace(tmp_path, 2 * free, 2 * free), may_vanish=False)) == ("fail", "doctor_disk_full")
    assert told(device.disk(DiskSpace(small_disk, 0, 0), may_vanish=False)) == ("fail", "doctor_disk_vanishes")
    assert told(device.disk(DiskSpace(small_disk, 0, 0), may_vanish=True)) == ("warn", "doctor_disk_vanishes")


def test_keys(tmp_path: Path) -> None:
    public, seal = SigningKey.make().public.text, Opener.make().public.text
    pinned = AgencySettings(key=public, receiver_key=public, seal_to=seal)
    assert told(device.keys(AgencySettings(), tmp_path)) == ("warn", "doctor_keys_absent")
    assert told(device.keys(pinned, tmp_path)) == ("fail", "doctor_keys_unit")
    Opener.make().save(tmp_path / "unit.key")
    assert told(device.keys(pinned, tmp_path)) == ("ok", "doctor_keys_ok")
    (tmp_path / "unit.key").write_text("no key")
    assert told(checked("keys", lambda: device.keys(pinned, tmp_path))) == ("fail", "doctor_failed")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_file.laptop_settings(tmp_path)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with parts.ledger(settings) as opened:
        yield opened


def begin(ledger: Ledger, settings: Settings, hours_ago: float = 0.0) -> None:
    clock = parts.clock(settings, ledger.last_at)
    moment = clock.moment()
    moment = replace(moment, at=moment.at - timedelta(hours=hours_ago))
    ledger.append(Draft(Started(detail=StartedDetail(version="1")), moment))


def test_a_ledger_that_was_altered(ledger: Ledger, settings: Settings) -> None:
    for _ in range(3):
        begin(ledger, settings)
    assert told(device.ledger(ledger)) == ("ok", "doctor_ledger_ok")
    with closing(sqlite3.connect(ledger.path)) as connection, connection:
        connection.execute("DROP TRIGGER entry_is_final")
        (payload,) = connection.execute("SELECT payload FROM entry WHERE seq = 2").fetchone()
        connection.execute("UPDATE entry SET payload = ? WHERE seq = 2", (payload.replace(b'"1"', b'"2"'),))
    assert told(device.ledger(ledger)) == ("fail", "doctor_ledger_bad")


def test_only_the_newest_entries_are_looked_through(
    ledger: Ledger, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "_NEWEST", 2)
    for _ in range(5):
        begin(ledger, settings)
    found = device.ledger(ledger)
    assert told(found) == ("ok", "doctor_ledger_ok")
    assert Words("en").say(found.line).startswith("5 entries, the newest 2 ")


def test_what_waits(ledger: Ledger, settings: Settings) -> None:
    now = datetime.now(UTC)
    assert told(device.unsent(ledger, now)) == ("ok", "doctor_unsent_none")
    begin(ledger, settings, hours_ago=2)
    assert told(device.unsent(ledger, now)) == ("ok", "doctor_unsent")
    assert told(device.unsent(ledger, now + timedelta(days=2))) == ("warn", "doctor_unsent")


def test_who_is_in_charge(ledger: Ledger, settings: Settings) -> None:
    clock = parts.clock(settings, ledger.last_at)
    assert not examination.in_charge(ledger, clock.boot_id)
    begin(ledger, settings)
    assert examination.in_charge(ledger, clock.boot_id)
    assert not examination.in_charge(ledger, "another-boot")
    ledger.append(Draft(Stopped(detail=StoppedDetail(reason="asked", ran_s=1)), clock.moment()))
    assert not examination.in_charge(ledger, clock.boot_id)


def test_prompts(tmp_path: Path) -> None:
    assert told(device.sound(tmp_path)) == ("warn", "doctor_sound_tones")
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices/spoof.wav").write_bytes(b"RIFF")
    assert told(device.sound(tmp_path)) == ("ok", "doctor_sound_ok")


def test_models(tmp_path: Path) -> None:
    embedder = parts.embedder(settings_file.laptop_settings(tmp_path))
    best, lesser = Embedder(embedder.members), Embedder(embedder.members, missing=["another"])
    assert told(device.models(AssetStore(), best)) == ("ok", "doctor_models_ok")
    assert told(device.models(AssetStore(), lesser)) == ("warn", "doctor_models_partly")
    assert told(device.models(AssetStore(tmp_path), embedder)) == ("fail", "doctor_models_bad")


@needs_mosquitto
def test_a_broker(tmp_path: Path, settings: Settings) -> None:
    here, users, password = parts.topics(settings), tmp_path / "users", tmp_path / "password"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "kiosk", "right"], check=True)
    with Broker(tmp_path, extra=f"allow_anonymous false\npassword_file {users}\nuser root") as broker:
        how = BrokerSettings(host=broker.host, port=broker.port, username="kiosk", password_file=password)
        assert told(network.broker(how, here)) == ("fail", "doctor_broker_bad"), "the file is not there"
        for written, state in (("wrong", "fail"), ("right", "ok")):
            password.write_text(written)
            assert told(network.broker(how, here))[0] == state
    found = network.broker(how, here)
    assert found.state == "fail"
    assert "refused" in Words("en").say(found.line)


def test_the_page(tmp_path: Path) -> None:
    port = free_port()
    here = ScreenSettings(port=port)
    assert told(network.page(ScreenSettings(enabled=False), runs=True)) == ("ok", "doctor_screen_off")
    assert told(network.page(here, runs=False)) == ("ok", "doctor_screen_free")
    assert told(network.page(here, runs=True)) == ("fail", "doctor_screen_dead")
    site = WebSite(tmp_path, port)
    site.start()
    try:
        assert told(network.page(here, runs=True)) == ("ok", "doctor_screen_ok")
        assert told(network.page(here, runs=False)) == ("fail", "doctor_screen_taken")
    finally:
        site.stop()


@contextmanager
def vision(jobs: VisionJobs, pipeline: FacePipeline) -> Iterator[None]:
    """A vision thread that sees thirty frames a second."""
    stop = threading.Event()

    def work() -> None:
        index = 0
        while not stop.wait(1 / 30):
            index += 1
            jobs.serve(VisionContext(pipeline, frame(index, index / 30), None))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_an_officer_tries_out_a_kiosk_that_works(ledger: Ledger, settings: Settings) -> None:
    jobs, clock = VisionJobs(), parts.clock(settings, ledger.last_at)
    with parts.parcels(settings) as parcels, parts.documents(settings), parts.pipeline(settings) as pipeline:
        uplink = parts.uplink(settings, ledger, parcels, NullDownlink(), clock)
        tracked = parts.recent_fixes(settings)
        officer_test: OfficerTest = front.officer_test(
            settings, ledger, uplink, jobs, clock, fixes=tracked, site=lambda: OFFICE, words=Words("id")
        )
        with vision(jobs, pipeline):
            tracked.put(fix(at_s=clock.monotonic()))
            found = {check.what: check.ok for check in officer_test("all").checks}
            assert set(found) == {"camera", "place", "clock", "broker", "disk", "unsent", "sound"}
            assert (found["camera"], found["place"], found["broker"]) == (True, True, False)
            (sound,) = officer_test("sound").checks
            assert (sound.what, sound.ok) == ("sound", False)
            assert "kiosk voices" in sound.text
        tracked.put(fix(at_s=clock.monotonic() - 1000))
        assert not officer_test("place").checks[0].ok, "an old position says nothing"
        jobs.close()
        assert not officer_test("camera").checks[0].ok


def test_an_officers_test_says_of_the_clock_what_the_daemon_knows(ledger: Ledger, settings: Settings) -> None:
    """The battery was changed: the hardware clock shows a day before the last entry."""
    machine = SetMachine(rtc_there=True)
    machine.show(local("2026-11-30T07:10:00"))
    ledger.append(Draft(Started(detail=StartedDetail(version="1")), SystemClock(WITA, ClockMark(), machine).moment()))
    machine.show(local("2026-03-01T08:00:00"))
    clock = SystemClock(WITA, mark_of(ledger.last_at), machine)
    jobs = VisionJobs()
    jobs.close()
    with parts.parcels(settings) as parcels:
        uplink = parts.uplink(settings, ledger, parcels, NullDownlink(), clock)
        officer_test = front.officer_test(
            settings,
            ledger,
            uplink,
            jobs,
            clock,
            fixes=parts.recent_fixes(settings),
            site=lambda: OFFICE,
            words=Words("en"),
        )
        (said,) = (check for check in officer_test("all").checks if check.what == "clock")
    assert (said.ok, said.text) == (False, Words("en").say(Phrase("doctor_clock_none")))


def test_every_clock_knows_the_ledger(ledger: Ledger, settings: Settings) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    stamp = ClockStamp(source="ntp", uncertainty_s=0.1, boot_id="earlier", monotonic_s=1.0)
    ledger.append(Draft(Started(detail=StartedDetail(version="1")), Moment(tomorrow, stamp)))
    moment = parts.clock(settings, ledger.last_at).moment()
    assert (moment.clock.source, moment.found.wrong) == ("none", True)
    assert abs(moment.latest - tomorrow) < timedelta(milliseconds=1)


@needs_mosquitto
def test_a_whole_kiosk(tmp_path: Path) -> None:
    with Office(tmp_path, [f"person:{PHOTO}?seconds=4"]) as place:
        place.wait_for_fix()
        code, found = doctor(place.settings)
        wrong = {what for what, state in found.items() if state == "fail"}
        assert wrong <= {"clock"}, "a machine of a test may have no clock that somebody vouches for"
        assert code == (1 if wrong else 0)
        assert (found["camera"], found["place"], found["broker"]) == ("ok", "ok", "ok")
        assert found["models"] == ("warn" if parts.embedder(settings_file.load(place.settings)).missing else "ok")
