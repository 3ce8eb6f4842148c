"""scripts/install: what runs is untouched until the new version is whole, and one rename makes it current.

The versions are real environments of a small program, whose lock names no packages. In all but the first test a copy
stands for pip's installing, which takes seconds.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
INSTALL = PROJECT / "scripts/install"
PYTHON = Path(sys.base_prefix) / "bin/python3"

BUILD = 'name=$(version_name); build_version "$home/versions/$name"'
UPGRADE = f'{BUILD}; switch_to "$name"; remove_old_versions'

AS_ROOT = "id() { echo 0; }"

QUICK = """\
install_program() {
    cp -R "$1/src/central" "$1/src/kiosk" "$1"/lib/python3*/site-packages/
    printf '#!%s/bin/python\\nfrom kiosk.cli import main\\nmain()\\n' "$1" >"$1/bin/kiosk"
    chmod +x "$1/bin/kiosk"
}
"""

SETUP = """\
[metadata]
name = senfie-kiosk
version = 0.1.0
[options]
packages = central, kiosk, kiosk.app
[options.entry_points]
console_scripts =
    kiosk = kiosk.cli:main
"""


class Device:
    """A folder that stands for /opt/senfie-kiosk, and the sources that a technician has brought."""

    def __init__(self, folder: Path, given: str = QUICK) -> None:
        self.home = folder / "opt"
        self.source = folder / "brought"
        self._given = given
        for part in ("camera", "central", "kiosk", "models", "sync", "requirements", "scripts"):
            (self.source / part).mkdir(parents=True)
        for name in (
            "central/__init__.py",
            "central/cli.py",
            "kiosk/__init__.py",
            "kiosk/app/__init__.py",
            "kiosk/app/daemon.py",
        ):
            (self.source / name).parent.mkdir(exist_ok=True)
            (self.source / name).touch()
        for name in ("pyproject.toml", "LICENSE", "README.md", "scripts/install"):
            shutil.copy(PROJECT / name, self.source / name)
        (self.source / "setup.cfg").write_text(SETUP)
        (self.source / "requirements/runtime.lock").write_text("# nothing\n")

    def begins(self) -> None:
        """Make a version current that has what the lock of a real device has: setuptools, beside pip."""
        base = self.home / "versions/base"
        subprocess.run([PYTHON, "-m", "venv", "--without-pip", base], check=True)
        (packages,) = (base / "lib").glob("python3*/site-packages")
        for name in ("pip", "setuptools", "_distutils_hack"):
            found = importlib.util.find_spec(name)
            assert found is not None
            assert found.origin is not None
            for folder in (Path(found.origin).parent, *Path(found.origin).parents[1].glob(f"{name}-*.dist-info")):
                shutil.copytree(folder, packages / folder.name, copy_function=os.symlink)
        shutil.copytree(self.source / "requirements", base / "src/requirements")
        (self.home / "current").symlink_to("versions/base")

    def brings(self, answer: str) -> None:
        """Sources whose command does this."""
        (self.source / "kiosk/cli.py").write_text(f"def main() -> None:\n    {answer}\n")

    def do(self, script: str) -> subprocess.CompletedProcess[str]:
        """Call functions of scripts/install."""
        given = f'source "{self.source}/scripts/install"; home="{self.home}"; pythons=("{PYTHON}"); {self._given}'
        return subprocess.run(["bash", "-c", f"{given}\n{script}"], capture_output=True, text=True, check=False)

    def upgrades(self, answer: str, script: str = UPGRADE) -> None:
        """Bring other sources and install them."""
        self.brings(answer)
        done = self.do(script)
        assert done.returncode == 0, done.stderr

    def says(self, link: str = "current") -> str:
        """What the command of a version answers."""
        return subprocess.check_output([self.home / link / "bin/kiosk", "--version"], text=True).strip()

    def files(self, link: str = "current") -> dict[str, bytes]:
        """Every file of a version, as it is."""
        folder = (self.home / link).resolve()
        return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def versions(self) -> set[str]:
        return {path.name for path in (self.home / "versions").iterdir()}


@pytest.fixture
def device(tmp_path: Path) -> Device:
    """A device whose only version says `one`."""
    made = Device(tmp_path, QUICK + "fetch_locked() { echo fetched; }")
    made.upgrades('print("one")')
    return made


def test_an_upgrade_of_the_code_alone_leaves_what_runs_untouched(tmp_path: Path) -> None:
    device = Device(tmp_path, "")
    device.begins()
    device.upgrades('print("one")')
    before = device.files()
    device.upgrades('print("two")', BUILD)
    assert device.says() == "one", "built, and not yet switched to"
    device.upgrades('print("two")')
    assert (device.says(), device.says("former")) == ("two", "one")
    assert device.files("former") == before


def test_packages_of_the_same_lock_are_not_fetched_again(device: Device) -> None:
    (packages,) = (device.home / "current/lib").glob("python3*/site-packages")
    (packages / "of_the_lock.py").write_text("here = True\n")
    device.brings("import of_the_lock; print(of_the_lock.here)")
    assert device.do(UPGRADE).stdout == ""
    assert device.says() == "True"
    (device.source / "requirements/runtime.lock").write_text("# another\n")
    done = device.do(UPGRADE)
    assert (done.returncode != 0, done.stdout) == (True, "fetched\n"), "another lock begins with nothing"
    assert device.says() == "True"


@pytest.mark.parametrize("broken", ["raise SystemExit(3)", "import what_the_lock_lacks", "print("])
def test_a_version_that_does_not_start_never_becomes_current(device: Device, broken: str) -> None:
    before = device.files()
    device.brings(broken)
    done = device.do(UPGRADE)
    assert done.returncode != 0
    assert device.files() == before
    assert device.says() == "one"


def test_an_interrupted_build_is_begun_anew(device: Device) -> None:
    device.brings('print("two")')
    cut = device.do(f"works() {{ kill -KILL $$; }}; {UPGRADE}")
    assert cut.returncode < 0
    assert len(device.versions()) == 2
    assert device.says() == "one"
    device.upgrades('print("two")')
    assert device.says() == "two"


def test_the_version_before_stays_and_older_ones_go(device: Device) -> None:
    for answer in ("two", "three"):
        device.upgrades(f'print("{answer}")')
    assert (device.says(), device.says("former"), len(device.versions())) == ("three", "two", 2)
    back = device.do(f"{AS_ROOT}; restart_service() {{ :; }}; main --back")
    assert back.returncode == 0, back.stderr
    assert (device.says(), device.says("former")) == ("two", "three")


def test_the_same_version_again_builds_nothing(device: Device) -> None:
    before = device.files()
    device.upgrades('print("one")')
    assert device.files() == before
    assert not (device.home / "former").exists()
    refused = device.do(f"{AS_ROOT}; main --back")
    assert (refused.returncode, "no version to return to" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    ("device_has", "told"),
    [
        ("pythons=(/nowhere/python3.13)", "no Python 3.11 or 3.12"),
        ("uname() { echo armv7l; }", "64-bit"),
        ("command() { return 1; }", "only Debian"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_touched(tmp_path: Path, device_has: str, told: str) -> None:
    device = Device(tmp_path)
    tools = "".join(f"{name}() {{ :; }}; " for name in ("dpkg-query", "systemctl", "systemd-sysusers"))
    touched = "apt-get() { echo touched; exit 9; }; install_system_packages() { apt-get; }; "
    done = device.do(f"{tools}systemd-tmpfiles() {{ :; }}; {touched}{device_has}; main")
    assert (done.returncode, done.stdout, told in done.stderr) == (1, "", True), done.stderr
    assert not device.home.exists()


def test_the_check_of_a_version_imports_what_there_is() -> None:
    (names,) = re.findall(r"-I -c 'import (.+?)'", INSTALL.read_text())
    assert all(importlib.util.find_spec(name) for name in names.split(", "))
