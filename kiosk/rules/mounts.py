"""Which file system a folder lies on, as /proc/self/mountinfo has it (proc_pid_mountinfo(5))."""

import re
from pathlib import PurePath, PurePosixPath
from typing import Final

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
