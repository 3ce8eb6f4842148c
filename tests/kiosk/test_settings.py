"""The settings file: what is wrong is named."""

import os
from pathlib import Path

import pytest

from kiosk import console, settings
from kiosk.runtime.errors import UsageError

GOOD = """
[kiosk]
id = "k-1"
unit = "kec-a"
[site]
lat = 0.504889
lon = 117.546295
"""


ATTENDANCE = """
[[attendance.windows]]
session = "in"
opens = 06:00:00
closes = 12:00:00
"""


def load(tmp_path: Path, text: str) -> settings.Settings:
    path = tmp_path / "kiosk.toml"
    path.write_text(text, encoding="utf-8")
    return settings.load(path)


def test_the_least_file_has_defaults_for_the_rest(tmp_path: Path) -> None:
    read = load(tmp_path, GOOD)
    assert read.kiosk.timezone == "Asia/Makassar"
    (shift,) = read.attendance.rules().schedules["settings"].profiles[0].shifts
    assert [(window.session, window.opens, window.closes) for window in shift.sessions] == [
        ("in", "06:00", "12:00"),
        ("out", "12:00", "18:00"),
    ]
    assert read.broker.port == 1883


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD + "[gpsd]\nprot = 1\n", ["gpsd.prot", "unknown key"]),
        (GOOD.replace("k-1", "K 1"), ["kiosk.id"]),
        (GOOD.replace("117.546295", "217.5"), ["site.lon"]),
        (GOOD + "[camera\n", ["not TOML"]),
        (GOOD.replace('id = "k-1"', 'id = "k-1"\ntimezone = "WITA"'), ["kiosk.timezone", "Asia/Makassar"]),
        (GOOD + "[broker]\nport = 0\n", ["broker.port"]),
        (GOOD + "[recognition]\ngood_frames = 1\n", ["recognition.good_frames", "3"]),
        (GOOD + "[recognition]\nembedders = []\n", ["recognition.embedders", "at least 1"]),
        (GOOD + '[recognition]\nembedders = ["a + b"]\n', ["recognition.embedders.0"]),
        (
            GOOD + '[recognition]\nembedder = "dlib-resnet-v1"\n',
            ["recognition: ", "embedder is now a list", 'write embedders = ["face-reidentification-retail-0095+mobile'],
        ),
        (GOOD + "[storage]\nlow_mb = 10\n", ["storage", "stop_mb must not be more than low_mb"]),
        (GOOD + "[gpsd]\nmax_age_s = inf\n", ["gpsd.max_age_s", "finite"]),
        (GOOD + '[attendance]\nstage = "active"\n', ["attendance", "active needs its decree"]),
        (
            GOOD + ATTENDANCE.replace("12:00:00", "05:00:00"),
            ["attendance: Value error, the window of in must close after it opens"],
        ),
        (GOOD + ATTENDANCE.replace("12:00:00", "12:00:30"), ["attendance.windows.0.closes", "whole minutes"]),
        (GOOD + ATTENDANCE.replace('"in"', '"out"'), ["attendance", "begin with in"]),
        (GOOD + ATTENDANCE.replace('"in"', '"lunch"'), ["attendance.windows.0.session"]),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    for word in [str(tmp_path / "kiosk.toml"), *words]:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        settings.load(tmp_path / "nowhere.toml")


def test_the_example_that_is_installed_can_be_read() -> None:
    example = Path(__file__).resolve().parents[2] / "systemd" / "kiosk.toml"
    assert settings.load(example).kiosk.data_dir == Path("/var/lib/senfie-kiosk")


def test_a_laptop_without_a_place_for_data_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KIOSK_CONFIG", raising=False)
    monkeypatch.setattr(console, "DEVICE_SETTINGS", tmp_path / "none.toml")
    monkeypatch.setenv("XDG_DATA_HOME", "/dev/null")
    with pytest.raises(UsageError, match="no folder for data can be made at /dev/null/senfie-kiosk"):
        console.load_settings(None)


def test_the_settings_say_what_a_policy_says(tmp_path: Path) -> None:
    decreed = '[attendance]\nstage = "active"\ndecree = { number = "800/1/2026", date = 2026-01-02 }\n'
    rules = load(tmp_path, GOOD + decreed + ATTENDANCE.replace("12:00:00", "00:00:00")).attendance.rules()
    (stage,) = rules.stages
    assert (stage.stage, stage.decree.number) == ("active", "800/1/2026")
    (window,) = rules.schedules["settings"].profiles[0].shifts[0].sessions
    assert (window.opens, window.closes) == ("06:00", "00:00+1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_root_is_kept_out_of_another_users_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    file = tmp_path / "kiosk.toml"
    file.write_text(GOOD.replace("[site]", f'data_dir = "{data}"\n[site]'))
    console.load_settings(file)
    assert data.is_dir()
    console.load_settings(file)
    os.chown(data, 12345, 12345)
    with pytest.raises(UsageError, match="sudo kiosk"):
        console.load_settings(file)
