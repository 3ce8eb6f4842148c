"""What the tests of several rooms use, and the rule that no test leaves anything running or open."""

import gc
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest

from tests import commands
from tests.waiting import LIMIT_S

# No example is judged by the time it takes.
hypothesis.settings.register_profile("new examples", deadline=None)
hypothesis.settings.register_profile("gate", deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "new examples"))

_PATIENT = "test_centre_from_nothing.py"
"""It is long, and waits for everything: it may lie between the others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(root / "whole_day") and item.path.name != _PATIENT:
            item.add_marker(pytest.mark.whole_day)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """A test that leaves a thread, a child process or an open file behind fails. Wider fixtures may keep theirs."""
    before = _alive()
    yield
    end_s = time.monotonic() + LIMIT_S
    while (left := _alive() - before) and time.monotonic() < end_s:
        gc.collect()  # a caught error's traceback keeps what its test had, a network's file among them
        time.sleep(0.02)
    assert not left, f"left behind: {', '.join(sorted(left))}"


def _alive() -> set[str]:
    threads = {f"thread {thread.name} ({thread.ident})" for thread in threading.enumerate()}
    return threads | {f"child {pid}" for pid in _children()} | _files()


def _children() -> set[str]:
    """Processes that this one has started and not yet seen the end of, but for the one that runs commands."""
    found = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError):  # a thread may end meanwhile
            found.update(task.read_text().split())
    return found - {str(commands.server_pid())}


def _files() -> set[str]:
    """Open files, by descriptor. Sockets are not looked at: paho leaves a pair of its own to the garbage collector."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = str(link.readlink())
        except FileNotFoundError:  # the listing's own
            continue
        if target.startswith("/") and not target.startswith(("/dev/", "/proc/")):
            found.add(f"file {target} ({link.name})")
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of three megabytes: stores, their WAL, and little more."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
