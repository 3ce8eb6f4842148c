"""The disk that the data lies on: the type of its file system, and how much space is left."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Final

from sync.errors import StoreFull

VANISHING: Final = frozenset({"tmpfs", "ramfs", "overlay", "squashfs", "aufs"})
"""What does not keep, after the power is cut, what was written to it: memory, and layers that are thrown away."""

_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def file_system_of(mountinfo: str, folder: PurePath) -> str | None:
    """The type of the file system that an absolute folder without symbolic links is on; None when nothing tells."""
    found: tuple[int, str] | None = None
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        if not right:
            continue
        point = PurePosixPath(_OCTAL.sub(lambda match: chr(int(match[1], 8)), left.split(" ")[4]))
        depth = len(point.parts)
        # The last of those mounted on one point covers the others.
        if folder.is_relative_to(point) and (found is None or depth >= found[0]):
            found = (depth, right.split(" ")[0])
    return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """The file system of a folder: below `low_bytes` somebody should look at it, below `stop_bytes` no visit is
    recorded, so that what is recorded is never cut short by a full disk."""

    folder: Path
    low_bytes: int
    stop_bytes: int

    def free_bytes(self) -> int:
        """What this user may still write."""
        return shutil.disk_usage(self.folder).free

    @property
    def low(self) -> bool:
        """It is nearly full."""
        return self.free_bytes() < self.low_bytes

    def check(self) -> None:
        """StoreFull when there is too little to go on."""
        free_bytes = self.free_bytes()
        if free_bytes < self.stop_bytes:
            raise StoreFull(
                f"only {free_bytes / 1e6:.1f} MB are free on the disk that holds {self.folder}, and "
                f"{self.stop_bytes / 1e6:g} are needed: make room"
            )
