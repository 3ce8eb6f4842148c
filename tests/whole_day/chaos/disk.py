"""A small disk that can be filled, where this machine lets one be mounted."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEGABYTES = 48


def mountable() -> bool:
    """Whether a disk can be made here: only root may."""
    return os.geteuid() == 0 and Path("/dev/loop-control").exists()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """An ext4 file system of its own, in a file."""
    image, mount = folder / "disk.img", folder / "disk"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(_MEGABYTES << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    subprocess.run(["mount", "-o", "loop", str(image), str(mount)], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def fill(disk: Path) -> None:
    """Leave no room on it."""
    with (disk / "ballast").open("wb", buffering=0) as file:
        for piece in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError:
                continue  # the next, smaller piece may still find room


def empty(disk: Path) -> None:
    """Make room again."""
    (disk / "ballast").unlink()
