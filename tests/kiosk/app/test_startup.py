"""What has to be in order before the daemon opens its stores: on real file systems."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from kiosk.app.startup import check_lasting, when_there_is_room
from kiosk.runtime.errors import UsageError
from kiosk.screen import Screen
from kiosk.storage.disk import DiskSpace, file_system_of

MOUNTS = """\
22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw
25 22 0:23 / /dev/shm rw,nosuid shared:4 - tmpfs tmpfs rw
40 22 179:3 / /var rw shared:9 master:2 - btrfs /dev/mmcblk0p3 rw
41 40 0:40 / /var/lib/sen\\040fie rw - tmpfs tmpfs rw
42 41 0:41 / /var/lib/sen\\040fie rw - ext4 /dev/sda1 rw
43 22 0:42 / /overlaid rw - overlay overlay rw,lowerdir=/a - b
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/home/kiosk", "ext4"),
        ("/dev/shm/x", "tmpfs"),  # noqa: S108
        ("/dev/shmx", "ext4"),  # noqa: S108
        ("/var/lib/senfie-kiosk", "btrfs"),
        ("/var/lib/sen fie/data", "ext4"),
        ("/overlaid/deep/er", "overlay"),
    ],
)
def test_the_deepest_and_latest_mount_counts(folder: str, kind: str) -> None:
    assert file_system_of(MOUNTS, PurePosixPath(folder)) == kind


def test_without_mounts_nothing_is_told() -> None:
    assert file_system_of("", PurePosixPath("/var")) is None


def test_memory_is_refused_with_what_to_do(small_disk: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"lies on tmpfs, which forgets .*: put it on a disk .*data_may_vanish = true"):
        check_lasting(small_disk, may_vanish=False)
    link = tmp_path / "link"
    link.symlink_to(small_disk)
    with pytest.raises(UsageError, match=f"{link}/not there yet lies on tmpfs"):
        check_lasting(link / "not there yet", may_vanish=False)


def test_memory_is_warned_of_when_the_settings_allow_it(small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    check_lasting(small_disk, may_vanish=True)
    assert "lies on tmpfs: what is recorded is lost when the power is cut" in caplog.text


@pytest.fixture
def overlay(small_disk: Path) -> Iterator[Path]:
    folders = {name: small_disk / name for name in ("lower", "upper", "work", "merged")}
    for folder in folders.values():
        folder.mkdir()
    options = f"lowerdir={folders['lower']},upperdir={folders['upper']},workdir={folders['work']}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(folders["merged"])]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("an overlay cannot be mounted here")
    yield folders["merged"]
    subprocess.run(["umount", str(folders["merged"])], check=True)


def test_an_overlay_is_refused(overlay: Path) -> None:
    with pytest.raises(UsageError, match="lies on overlay"):
        check_lasting(overlay, may_vanish=False)


def test_a_disk_is_good(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(tmp_path)], capture_output=True, text=True, check=True).stdout
    if kind.strip() in ("tmpfs", "overlayfs"):
        pytest.skip("the folder of temporary files is no disk here")
    check_lasting(tmp_path, may_vanish=False)
    assert not caplog.records


def test_a_start_waits_for_room_and_says_so(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The ballast goes while it waits: the wait is where somebody makes room."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 100_000))
    waits = []

    def somebody_makes_room(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            ballast.unlink()

    monkeypatch.setattr("kiosk.app.startup.time.sleep", somebody_makes_room)
    screen = Screen()
    assert when_there_is_room(lambda: "open", DiskSpace(small_disk, 1_000_000, 1_000_000), screen) == "open"
    assert len(waits) == 2
    assert "waiting for room on the disk: only 0." in caplog.text
    assert "Penyimpanan penuh" in str(screen.state.banner.title)
