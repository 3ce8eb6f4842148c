"""The unit, its user and scripts/install, judged by systemd's own tools."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.storage.vault import DeviceSecret
from kiosk.web.security import SessionAuth
from kiosk.web.settings import ScreenSettings
from tests.waiting import LIMIT_S

PROJECT = Path(__file__).resolve().parents[2]
UNIT = PROJECT / "systemd/senfie-kiosk.service"
BROWSER_UNIT = PROJECT / "systemd/senfie-kiosk-browser.service"
BROWSER = PROJECT / "systemd/browser"
BY_HAND = PROJECT / "systemd/kiosk"
INSTALL = PROJECT / "scripts/install"


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with its program and README where systemd-analyze can see them."""
    home = tmp_path / "opt"
    (home / "current/bin").mkdir(parents=True)
    (home / "current/src").mkdir()
    (home / "current/src/README.md").touch()
    program = home / "current/bin/kiosk"
    program.touch(mode=0o755)
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/senfie-kiosk", str(home)))
    return copy


def test_the_unit_is_clean(unit: Path) -> None:
    result = run(needs("systemd-analyze"), "verify", "--man=no", unit)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_browsers_unit_is_clean(unit: Path, tmp_path: Path) -> None:
    program = tmp_path / "browser"
    program.touch(mode=0o755)
    copy = tmp_path / BROWSER_UNIT.name
    text = BROWSER_UNIT.read_text().replace("/usr/local/lib/senfie-kiosk/browser", str(program))
    copy.write_text(text.replace("/opt/senfie-kiosk", str(tmp_path / "opt")).replace("/usr/bin/chvt", str(program)))
    result = run(needs("systemd-analyze"), "verify", "--man=no", copy, unit)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_the_browser_gets_the_token_and_the_port_of_the_daemon(tmp_path: Path) -> None:
    unit = BROWSER_UNIT.read_text()
    (name,) = re.findall(r"^LoadCredential=(\S+):/var/lib/senfie-kiosk/\S+$", unit, re.MULTILINE)
    assert f"LoadCredential={name}:/var/lib/senfie-kiosk/{name}\n" in unit
    assert f"Environment=KIOSK_SCREEN_PORT={ScreenSettings().port}\n" in unit
    token = SessionAuth.of(tmp_path).url(1).partition("#")[2]
    for program in ("cage", "chromium"):
        (tmp_path / program).write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
        (tmp_path / program).chmod(0o755)
    assert (tmp_path / name).read_text() == token
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), "RUNTIME_DIRECTORY": str(tmp_path), "KIOSK_SCREEN_PORT": "1"}
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run([BROWSER], env={**environment, "PATH": path}, capture_output=True, text=True, check=True)
    start = tmp_path / "start.html"
    assert f"file://{start}" in done.stdout
    assert token not in done.stdout, "every user may read a command line"
    assert f"http://127.0.0.1:1/#{token}" in start.read_text()
    assert start.stat().st_mode & 0o777 == 0o600


def test_verify_would_notice(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec", "WatchdogSecs"))
    assert "WatchdogSecs" in run(needs("systemd-analyze"), "verify", "--man=no", unit).stderr


def test_the_unit_is_hardened(unit: Path) -> None:
    result = run(needs("systemd-analyze"), "security", "--offline=true", "--threshold=20", unit)
    assert "Overall exposure level" in result.stdout
    assert result.returncode == 0, result.stdout


def test_the_unit_may_ask_the_kernel_about_its_clock() -> None:
    lines = UNIT.read_text().splitlines()
    assert "ProtectClock=yes" not in lines, "it refuses the reading as well as the setting"
    assert "CapabilityBoundingSet=" in lines, "without a capability nothing can be set"
    allowed = lines.index("SystemCallFilter=adjtimex clock_adjtime")
    assert allowed > lines.index("SystemCallFilter=~@privileged @resources"), "what is said last holds"


def test_the_units_credential_is_the_one_that_the_program_looks_for(tmp_path: Path) -> None:
    (name,) = re.findall(r"^LoadCredentialEncrypted=(\S+)$", UNIT.read_text(), re.MULTILINE)
    (tmp_path / name).write_bytes(bytes(32))
    secret = DeviceSecret.of(tmp_path / "nowhere", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert secret.unlock(None).check


def test_the_user_can_be_made() -> None:
    result = run(needs("systemd-sysusers"), "--dry-run", PROJECT / "systemd/senfie-kiosk.sysusers")
    assert result.returncode == 0, result.stderr
    assert "senfie-kiosk" in result.stderr
    assert "senfie-screen" in result.stderr


def test_install_lays_out_everything_twice_and_keeps_settings(tmp_path: Path) -> None:
    for _ in range(2):
        result = run(INSTALL, "--root", tmp_path)
        assert result.returncode == 0, result.stderr
        settings = tmp_path / "etc/senfie-kiosk/kiosk.toml"
        settings.write_text("# mine\n")
    assert "keeping /etc/senfie-kiosk/kiosk.toml" in result.stderr
    assert settings.read_text() == "# mine\n"
    assert (tmp_path / "etc/systemd/system/senfie-kiosk.service").read_bytes() == UNIT.read_bytes()
    for path in ("etc/sysusers.d/senfie-kiosk.conf", "etc/tmpfiles.d/senfie-kiosk.conf"):
        assert (tmp_path / path).is_file()
    assert (tmp_path / "etc/systemd/system/senfie-kiosk-browser.service").read_bytes() == BROWSER_UNIT.read_bytes()
    assert os.access(tmp_path / "usr/local/bin/kiosk", os.X_OK)
    assert os.access(tmp_path / "usr/local/lib/senfie-kiosk/browser", os.X_OK)
    (version,) = (tmp_path / "opt/senfie-kiosk/versions").iterdir()
    source = version / "src"
    assert {"camera", "kiosk", "models", "sync", "requirements", "setup.cfg"} <= {p.name for p in source.iterdir()}
    assert not list(source.rglob("__pycache__"))
    assert not (source / "tests").exists()
    for lab in ("kiosk/lab", "camera/synthetic", "requirements/lab.lock"):
        assert (PROJECT / lab).exists()
        assert not (source / lab).exists(), "a device does not carry the lab"


def test_settings_are_not_for_everybody(tmp_path: Path) -> None:
    assert run(INSTALL, "--root", tmp_path).returncode == 0
    folder = tmp_path / "etc/senfie-kiosk"
    assert (folder.stat().st_mode & 0o777, (folder / "kiosk.toml").stat().st_mode & 0o777) == (0o750, 0o640)


@pytest.mark.parametrize("wrong", [("--rot", "x"), ("--root",)])
def test_install_refuses_what_it_does_not_know(wrong: tuple[str, ...]) -> None:
    result = run(INSTALL, *wrong)
    assert result.returncode in {1, 2}
    assert "--root" in result.stderr


def test_the_example_settings_are_valid_and_agree_with_the_unit() -> None:
    example = settings.load(PROJECT / "systemd/kiosk.toml")
    assert f"StateDirectory={example.kiosk.data_dir.name}" in UNIT.read_text()
    assert example.kiosk.data_dir.parent == Path("/var/lib")


def test_unit_and_install_name_the_same_places() -> None:
    unit, script = UNIT.read_text(), INSTALL.read_text()
    home = re.search(r"^home=(.+)$", script, re.MULTILINE)
    settings = re.search(r"^settings=(.+)$", script, re.MULTILINE)
    state = re.search(r"^state=(.+)$", script, re.MULTILINE)
    assert home and settings and state
    assert f"ExecStart={home[1]}/current/bin/kiosk run --config {settings[1]}" in unit
    assert f"KIOSK_MODELS={state[1]}/models" in unit


def test_commands_by_hand_have_what_the_daemon_has() -> None:
    by_hand = BY_HAND.read_text()
    unit = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if re.match("[A-Z]", line))
    for name in ("User", "UMask", "LoadCredentialEncrypted"):
        assert f"--property={name}={unit[name]} " in by_hand
    (value,) = re.findall(r"^Environment=KIOSK_MODELS=(.+)$", UNIT.read_text(), re.MULTILINE)
    assert f"--setenv=KIOSK_MODELS={value} " in by_hand
    assert f"{unit['ExecStart'].split()[0]} " in by_hand
    assert "--description=" in by_hand, "else the journal has the whole command, names too"


@pytest.mark.parametrize("script", [INSTALL, BY_HAND, BROWSER], ids=lambda path: path.name)
def test_the_scripts_are_clean(script: Path) -> None:
    result = run(needs("shellcheck"), script)
    assert result.returncode == 0, result.stdout
