"""The command line as people and programs use it: exit codes, one clear line, JSON. Each command is a process."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from kiosk.cli.main import app
from kiosk.lab.demo import show
from kiosk.people import Details, People, Shot
from kiosk.people.later_shots import LaterShot
from kiosk.runtime.version import VERSION
from kiosk.storage.vault import DeviceSecret
from models.assets import AssetStore
from tests.kiosk.desk import Desk, Done, desk_in

ASSETS = AssetStore()
KNOWN, STRANGER = (str(ASSETS.folder / ASSETS.catalogue[name].file) for name in (show.KNOWN, show.STRANGER))
ENROL = ("enrol", "--person", "p-1", "--name", "Ibu Contoh")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The settings of a kiosk where one person is enrolled."""
    desk = desk_in(tmp_path_factory.mktemp("desk"))
    done = desk.run(*ENROL, KNOWN)
    assert done.code == 0
    assert "p-1 is enrolled from 1 " in done.err
    return desk


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns photos that nobody can be enrolled from."""
    folder = tmp_path_factory.mktemp("pictures")
    known, stranger = cv2.imread(KNOWN), cv2.imread(STRANGER)[0:350, 50:400]
    both = [cv2.resize(image, (round(image.shape[1] * 500 / image.shape[0]), 500)) for image in (known, stranger)]
    cv2.imwrite(str(folder / "two.jpg"), np.hstack(both))
    cv2.imwrite(str(folder / "wall.jpg"), np.full((480, 640, 3), 190, np.uint8))
    cv2.imwrite(str(folder / "far.jpg"), cv2.resize(known, None, fx=0.15, fy=0.15, interpolation=cv2.INTER_AREA))
    cv2.imwrite(str(folder / "line.png"), np.zeros((1, 5000, 3), np.uint8))
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.jpg").touch()
    return folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere.jpg", "nowhere.jpg: there is no such file"),
        (".", "cannot be read (Is a directory)"),
        ("text.jpg", "text.jpg: is not an image that can be read; use JPEG or PNG"),
        ("empty.jpg", "empty.jpg: is not an image"),
        ("wall.jpg", "wall.jpg: no face was found"),
        ("line.png", "line.png: no face was found"),
        ("two.jpg", "two.jpg: it shows more than one face"),
        ("far.jpg", "far.jpg: the face is too small"),
    ],
)
def test_a_bad_photo_is_named_with_what_is_wrong(desk: Desk, pictures: Path, name: str, words: str) -> None:
    desk.fails(2, words, *ENROL, str(pictures / name))


def test_all_photos_are_judged_and_three_good_ones_suffice(desk: Desk, pictures: Path) -> None:
    bad = [str(pictures / name) for name in ("wall.jpg", "text.jpg", "far.jpg")]
    done = desk.run(*ENROL, bad[0], KNOWN, bad[1], KNOWN, KNOWN, bad[2])
    assert done.code == 0, done.err
    said = done.err.splitlines()
    for words in ("wall.jpg: no face was found", "text.jpg: is not an image", "far.jpg: the face is too small"):
        assert [line for line in said if words in line and line.endswith("it is left out")]
    assert "p-1 is enrolled from 3 shots" in done.err


def test_two_good_photos_beside_bad_ones_are_too_few_and_all_bad_ones_are_named(desk: Desk, pictures: Path) -> None:
    bad = str(pictures / "wall.jpg"), str(pictures / "text.jpg")
    words = "2 of 4 photos are good enough, 3 are needed"
    done = desk.run(*ENROL, bad[0], KNOWN, bad[1], KNOWN)
    assert (done.code, done.out) == (2, "")
    (line,) = [line for line in done.err.splitlines() if line.startswith("kiosk: ")]
    assert all(text in line for text in ("wall.jpg: no face", "text.jpg: is not an image", words))
    assert desk.run("people", "list", "--json").out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("enrol", "--person", "P 1", "--name", "X", KNOWN), "person id 'P 1'"),
        (("enrol", "--person", "p-1", "--name", " ", KNOWN), "the name ' ' cannot be shown"),
        (("enrol", "--person", "p-1", "--name", "N" * 101, KNOWN), "in at most 100 characters"),
        (("people", "remove", "nobody"), "nobody with id 'nobody' is enrolled"),
        (("replay", "walk.mp4"), "is not a camera URL"),
        (("replay", "film:walk.mp4"), "'film' is not a camera"),
        (("replay", "file:nowhere.mp4"), "there is no such file"),
        (("replay", f"person:{KNOWN}?yaaw=3"), "has no option 'yaaw'"),
        (("replay", f"person:{KNOWN}?yaw=300"), "from -60 to 60"),
        (("demo", "--picture", "/dev/null/visit.png"), "/dev/null/visit.png cannot be written"),
        (("evaluate", ".", "--plot", "data"), "data cannot be written: it is a folder"),
        (("calibrate", ".", "--out", "/dev/null/table.json"), "/dev/null/table.json cannot be written"),
        (("models", "verify", "nope"), "there is no asset 'nope'"),
        (("people", "list", "--config", "nowhere.toml"), "nowhere.toml cannot be read"),
    ],
)
def test_wrong_use_is_2_with_one_line(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    desk.fails(2, words, *arguments)


def test_the_version_is_said(desk: Desk) -> None:
    done = desk.run("--version")
    assert (done.code, done.out) == (0, f"kiosk {VERSION}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--nope",), "No such option: --nope"),
        (("nope",), "No such command 'nope'"),
        (("demo", "--visits", "0"), "Invalid value for '--visits'"),
        (("demo", "--visits", "two"), "Invalid value for '--visits'"),
        (("run", "--log-level", "LOUD"), "'LOUD' is not one of"),
        (("enrol", "--name", "X", KNOWN), "Missing option '--person'"),
    ],
)
def test_wrong_options_are_2_and_named(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    done = desk.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert words in done.err


def test_an_unknown_key_is_named_with_its_file(desk: Desk) -> None:
    desk.config.write_text(desk.config.read_text() + "prot = 1\n")
    for command in (("run",), ("ledger", "status")):
        done = desk.run(*command)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"kiosk: settings file {desk.config}:\n  broker.prot: unknown key\n"


def test_a_camera_that_is_none_stops_the_daemon_before_it_starts(desk: Desk) -> None:
    desk.config.write_text(desk.config.read_text() + '[camera]\nurl = "webcam:0"\n')
    desk.fails(2, "'webcam' is not a camera", "run")


@pytest.mark.parametrize("url", ["person:{0}", "attack:print?source={0}", "file:{0}?loop=1", "lobby:{0}", "queue:{0}"])
def test_what_is_no_camera_records_nobody_unless_the_settings_say_that_it_is_a_trial(desk: Desk, url: str) -> None:
    desk.config.write_text(desk.config.read_text() + f'[camera]\nurl = "{url.format(KNOWN)}"\n')
    done = desk.run("run")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert f"camera.url is {url.partition(':')[0]}:, which is no camera" in done.err
    assert "camera.demo = true" in done.err
    assert not list(desk.folder.glob("**/ledger.db"))


def test_assets_that_are_missing_or_damaged_are_told_with_what_to_do(desk: Desk) -> None:
    folder = desk.folder / "models"
    desk.fails(1, "dlib-resnet-v1 is not installed", *ENROL, KNOWN, KIOSK_MODELS=str(folder))
    folder.mkdir()
    asset = ASSETS.catalogue["dlib-resnet-v1"]
    assert asset.size is not None
    damaged = folder / asset.file
    damaged.write_bytes(bytes(asset.size))
    desk.fails(1, f"expected {asset.sha256}; run: kiosk models install", *ENROL, KNOWN, KIOSK_MODELS=str(folder))
    done = desk.run("models", "verify", "--json", KIOSK_MODELS=str(folder))
    assert done.code == 1
    states = {document["name"]: document["state"] for document in done.documents}
    assert states == {"dlib-resnet-v1": "damaged", show.KNOWN: "missing", show.STRANGER: "missing"}


def test_installed_assets_verify(desk: Desk) -> None:
    done = desk.run("models", "verify", "dlib-resnet-v1", show.KNOWN, "--json")
    assert done.code == 0
    assert [document["state"] for document in done.documents] == ["installed", "installed"]


def test_a_folder_that_is_not_there_is_told_by_every_store(desk: Desk) -> None:
    desk.config.write_text(desk.config.read_text().replace(f"{desk.folder}/data", f"{desk.folder}/kiosk.toml"))
    for command in (("people", "list"), ("ledger", "verify"), ("ledger", "status")):
        desk.fails(1, "check that its folder is there and may be written to", *command)


@pytest.mark.parametrize(
    "command", [("people", "list"), ("ledger", "status"), ("status",), ("screen", "url"), (*ENROL, KNOWN)]
)
def test_a_folder_for_data_that_is_not_there_is_made(desk: Desk, command: tuple[str, ...]) -> None:
    (desk.folder / "data").rmdir()
    done = desk.run(*command)
    assert done.code == 0, done.err
    assert f"made the folder for data {desk.folder / 'data'}" in done.err
    assert (desk.folder / "data").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("command", [("people", "list"), ("ledger", "status"), ("run",), (*ENROL, KNOWN)])
def test_a_disk_that_is_not_mounted_is_named_and_nothing_is_made_in_its_place(
    desk: Desk, command: tuple[str, ...]
) -> None:
    desk.config.write_text(desk.config.read_text().replace(f"{desk.folder}/data", f"{desk.folder}/disk/kiosk"))
    done = desk.run(*command)
    assert (done.code, done.out) == (2, "")
    assert f"kiosk.data_dir {desk.folder}/disk/kiosk cannot be made: {desk.folder}/disk is not there" in done.err
    assert not (desk.folder / "disk").exists()


def test_nobody_enrols_beside_a_damaged_ledger_and_verify_says_what_it_is(desk: Desk) -> None:
    ledger = desk.folder / "data" / "ledger.db"
    ledger.write_bytes(b"this was a ledger once " * 1000)
    desk.fails(1, f"{ledger} is damaged", "ledger", "verify")
    desk.fails(1, f"{ledger} is damaged", *ENROL, KNOWN)
    assert desk.run("people", "list", "--json").out == ""
    assert ledger.read_bytes().startswith(b"this was a ledger once")


def test_listening_without_a_broker_is_1(desk: Desk) -> None:
    desk.fails(1, "cannot reach localhost", "listen")


ONE_WORD = ["", "run", "demo", "replay", "enrol", "listen", "status", "evaluate", "calibrate"]
GROUPS = {
    "people": ["drop-later", "list", "look-alikes", "officer", "pin", "remove"],
    "models": ["check", "install", "list", "verify"],
    "ledger": ["status", "verify", "export", "receipts", "key"],
    "screen": ["url"],
}
COMMANDS = [*ONE_WORD, *(f"{group} {command}" for group, commands in GROUPS.items() for command in commands)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    done = CliRunner().invoke(app, [*command.split(), "--help"])
    assert done.exit_code == 0
    assert f"Usage: root {command}".rstrip() in done.output


def test_the_enrolled_are_listed_and_the_ledger_knows(staffed: Desk) -> None:
    (person,) = staffed.run("people", "list", "--json").documents
    assert (person["person"], person["name"], person["shots"]) == ("p-1", "Ibu Contoh", 1)
    assert str(person["model"]).startswith("dlib-resnet-v1")
    (report,) = staffed.run("ledger", "verify", "--json").documents
    assert report == {"entries": 1, "unsigned": 0, "sound": True, "findings": [], "lost": []}
    (status,) = staffed.run("ledger", "status", "--json").documents
    assert (status["last_seq"], status["unsent"]) == (1, 1)


def test_later_shots_are_listed_and_dropped_and_the_ledger_knows(tmp_path: Path) -> None:
    desk, vector = desk_in(tmp_path), np.eye(8, dtype=np.float32)[0]
    enrolled_at = datetime(2026, 1, 5, 7, 20, tzinfo=UTC)
    with People(desk.folder / "data" / "people.db", DeviceSecret.of(desk.folder / "data", {})) as people:
        people.put("p-1", Details(name="Ibu Contoh"), "m@1", [Shot(vector, None)], enrolled_at)
        people.add_later("p-1", "m@1", LaterShot(vector, date(2026, 1, 6), 0.75))
    (listed,) = desk.run("people", "list", "--json").documents
    assert listed["later"] == [{"day": "2026-01-06", "score": 0.75}]
    assert "1 shots and 1 of later visits" in desk.run("people", "list").out
    assert desk.run("people", "drop-later", "p-1").err == "1 shots of later visits of p-1 are dropped\n"
    (listed,) = desk.run("people", "list", "--json").documents
    assert (listed["shots"], listed["later"]) == (1, [])
    assert desk.run("ledger", "status", "--json").documents[0]["last_seq"] == 1
    desk.fails(2, "nobody with id 'p-2'", "people", "drop-later", "p-2")


def test_who_is_removed_is_gone_from_the_file(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    assert desk.run(*ENROL, KNOWN).code == 0
    store = tmp_path / "data" / "people.db"
    with closing(sqlite3.connect(store)) as connection:
        row = connection.execute("SELECT details, vector FROM person JOIN shot ON person = id").fetchone()
    kept = [value[:40] for value in row]  # what is longer is split over pages
    assert all(value in store.read_bytes() for value in kept)
    assert desk.run("people", "remove", "p-1").code == 0
    files = list(store.parent.glob("people.db*"))
    assert not [file for file in files for value in (*kept, b"Ibu Contoh") if value in file.read_bytes()]
    (report,) = desk.run("ledger", "verify", "--json").documents
    assert (report["entries"], report["sound"]) == (2, True)


def test_replay_records_who_is_known_once_and_not_the_stranger(staffed: Desk) -> None:
    urls = [f"person:{KNOWN}?seconds=3.6", f"person:{STRANGER}?seconds=3.6", f"person:{KNOWN}?seconds=3.6&seed=3"]
    (staffed.folder / "queue.txt").write_text("\n".join(urls))
    done = staffed.run("replay", "queue:queue.txt", "--json", "--liveness", "off")
    assert (done.code, done.err) == (0, "")
    recorded, unknown, repeat = done.documents
    assert set(recorded) >= {"outcome", "person", "score", "margin", "frames", "ms", "reasons"}
    assert (recorded["outcome"], recorded["person"], recorded["frames"]) == ("recorded", "p-1", 5)
    assert (unknown["outcome"], unknown["person"]) == ("unknown", None)
    assert (repeat["outcome"], repeat["person"]) == ("repeat", "p-1")
    assert recorded["score"] > 0.97
    assert unknown["score"] < 0.9
    assert recorded["margin"] is None, "nobody else is enrolled"
    assert 0 < recorded["ms"] < 1000
    assert recorded["liveness"] == {"passed": False, "score": 0.0, "checks": {}, "challenge": None}
    (report,) = staffed.run("ledger", "verify", "--json").documents
    assert report["entries"] == 1, "a replay leaves nothing behind"


def test_replay_says_why_a_still_is_no_person(staffed: Desk) -> None:
    source = f"attack:static?source={KNOWN}&seconds=3"
    (refused,) = staffed.run("replay", source, "--json", "--liveness", "adaptive").documents
    assert (refused["outcome"], refused["person"]) == ("spoof", None)
    assert "static" in refused["reasons"]
    line = staffed.run("replay", source, "--liveness", "passive").out
    assert "spoof" in line
    assert "static" in line


def test_replay_of_an_empty_wall_is_silent_and_of_one_picture_refused(staffed: Desk, pictures: Path) -> None:
    assert staffed.run("replay", f"file:{pictures / 'wall.jpg'}", "--json") == Done(0, "", "")
    (refused,) = staffed.run("replay", f"file:{KNOWN}", "--json").documents
    assert (refused["outcome"], refused["person"], refused["frames"]) == ("refused", None, 0)
    assert refused["reasons"] == ["too_short"]
