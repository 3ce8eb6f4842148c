"""Files that are whole on the disk, or as they were before, whenever the power goes."""

import os
from pathlib import Path
from typing import Final

PART: Final = ".part"
"""Behind the name of a file that is being written."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, in the place of one that is there: whole and on the disk when this returns, or as it was.

    Raises:
        OSError: it cannot be written; what was begun may lie beside it, with `PART` behind its name.
    """
    fresh = path.with_name(path.name + PART)
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename is on the disk only after this."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
