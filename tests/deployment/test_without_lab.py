"""What scripts/install builds: the daemon's packages alone, without the lab, and it works.

The environment is a real one. Links to the packages of runtime.lock in this environment stand for their fetching.
"""

import importlib.util
import os
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from models.assets import AssetStore
from tests.waiting import LIMIT_S

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = Path(sys.base_prefix) / "bin/python3"
PHOTO = AssetStore().path("photo-grace-hopper")
HOW = "belongs to the lab, which is not installed here: get the sources and run scripts/setup"

SETTINGS = """\
[kiosk]
id = "k1"
unit = "u1"
data_dir = "{folder}"
data_may_vanish = true
[site]
lat = -0.5
lon = 117.15
[camera]
url = "{url}"
demo = true
[screen]
enabled = false
"""

LOOKS = f"""
import sys
from pathlib import Path
from camera.files import read_photo
from kiosk import settings
from kiosk.app import parts
with parts.pipeline(settings.laptop_settings(Path("/nowhere"))) as pipeline:
    assert pipeline.look(read_photo(Path({str(PHOTO)!r})), 0.0).observation.probe is not None
assert not [name for name in sys.modules if name.startswith("matplotlib")]
"""


def packages_of(lock: Path) -> set[str]:
    """The names of the packages that a lock file has for this Python."""
    lines = re.findall(r"^([a-z0-9-]+)==\S+(?: ; (.+?))? \\$", lock.read_text(), re.MULTILINE)
    other = "< '3.12'" if sys.version_info >= (3, 12) else ">= '3.12'"
    return {name for name, marker in lines if "win32" not in marker and other not in marker}


def link_packages(names: set[str], folder: Path) -> None:
    for name in names:
        found = distribution(name)
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in {"..", "__pycache__"}}:
            source = Path(str(found.locate_file(top)))
            if source.exists() and not (folder / top).exists():
                (folder / top).symlink_to(source)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version as scripts/install builds it."""
    folder = tmp_path_factory.mktemp("device") / "version"
    script = f'source "{PROJECT}/scripts/install"; home="{folder.parent}"; version="{folder}"; '
    subprocess.run(["bash", "-c", script + 'copy_source "$version"'], check=True, timeout=LIMIT_S)
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", folder], check=True, timeout=LIMIT_S)
    (packages,) = (folder / "lib").glob("python3*/site-packages")
    link_packages(packages_of(folder / "src/requirements/runtime.lock") | {"pip"}, packages)
    subprocess.run(
        ["bash", "-c", script + 'install_program "$version" && works "$version"'], check=True, timeout=LIMIT_S
    )
    return folder


def kiosk(version: Path, *arguments: str | Path) -> tuple[int, str, str]:
    command = [version / "bin/kiosk", *arguments]
    environment = os.environ | {"COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=version, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["kiosk.lab", "camera.synthetic", "matplotlib"])
def test_a_device_does_not_carry_the_lab(version: Path, name: str) -> None:
    assert importlib.util.find_spec(name), "it is here"
    looks = f"import sys; from importlib.util import find_spec; sys.exit(find_spec({name!r}) is not None)"
    assert subprocess.run([version / "bin/python", "-I", "-c", looks], check=False, cwd=version).returncode == 0


def test_the_help_names_the_daemon_and_no_command_of_the_lab(version: Path) -> None:
    code, out, err = kiosk(version, "--help")
    assert (code, err) == (0, "")
    assert re.search(r"\brun\b", out)
    assert not re.search(r"\b(demo|evaluate|calibrate|pad-test)\b", out)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("demo",), "demo"),
        (("demo", "--visits", "1"), "demo"),
        (("evaluate", "photos", "--json"), "evaluate"),
        (("calibrate", "--help"), "calibrate"),
        (("pad-test",), "pad-test"),
        (("screen", "--demo"), "the tour of screen --demo"),
    ],
)
def test_a_command_of_the_lab_says_how_to_get_it(version: Path, arguments: tuple[str, ...], what: str) -> None:
    assert kiosk(version, *arguments) == (2, "", f"kiosk: {what} {HOW}\n")


@pytest.mark.parametrize("url", [f"person:{PHOTO}", f"attack:phone?source={PHOTO}", "queue:some.txt", "lobby:some.txt"])
def test_a_synthetic_camera_says_how_to_get_it(version: Path, tmp_path: Path, url: str) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(SETTINGS.format(folder=tmp_path / "data", url=url))
    code, out, err = kiosk(version, "run", "--config", config)
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == f"kiosk: {url.partition(':')[0]}: {HOW}"


def test_a_face_is_looked_at_without_the_plotting_library(version: Path) -> None:
    done = subprocess.run([version / "bin/python", "-I", "-c", LOOKS], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
