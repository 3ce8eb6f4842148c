"""The disk that the data lies on: the type of its file system, and how much space is left."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from sync.errors import StoreFull

VANISHING: Final = frozenset({"tmpfs", "ramfs", "overlay", "squashfs", "aufs"})
"""Types of file systems that lose what was written when the power is cut: memory, and layers that are discarded."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def file_system_of(mountinfo: str, folder: PurePath) -> str | None:
    """Returns the type of the file system that `folder` is on; None when `mountinfo` does not tell.

    `mountinfo` is the text of /proc/self/mountinfo (proc(5)). `folder` is absolute and without symbolic links.
    """
    found: tuple[int, str] | None = None
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        if not right:
            continue
        point = PurePosixPath(_OCTAL.sub(lambda match: chr(int(match[1], 8)), left.split(" ")[4]))
        depth = len(point.parts)
        # Of several file systems mounted on one point, the last covers the others.
        if folder.is_relative_to(point) and (found is None or depth >= found[0]):
            found = (depth, right.split(" ")[0])
    return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The free space of the file system that a folder is on.

    Below `low_bytes` the kiosk warns. Below `stop_bytes` it records no visit, so that a full disk never cuts an entry
    short.
    """

    folder: Path
    low_bytes: int
    stop_bytes: int

    def free_bytes(self) -> int:
        """Returns how many bytes this user may still write."""
        return shutil.disk_usage(self.folder).free

    @property
    def low(self) -> bool:
        """Whether fewer than `low_bytes` are free."""
        return self.free_bytes() < self.low_bytes

    def check(self) -> None:
        """Raises StoreFull when fewer than `stop_bytes` are free."""
        free_bytes = self.free_bytes()
        if free_bytes < self.stop_bytes:
            raise StoreFull(
                f"only {free_bytes / 1e6:.1f} MB are free on the disk that holds {self.folder}, and "
                f"{self.stop_bytes / 1e6:g} are needed: make room"
            )
