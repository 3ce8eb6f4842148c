"""Writes files so that a power cut at any moment leaves the whole new content or the whole old one."""

import os
from pathlib import Path
from typing import Final

PART: Final = ".part"
"""The ending of a file's name while it is being written."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, or replace it. The new content is on the disk when this returns.

    Raises:
        OSError: the file cannot be written, and an older one is unchanged. A part of the new one may lie beside it,
            with `PART` at the end of its name.
    """
    fresh = path.with_name(path.name + PART)
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: only after this is a rename certain to be on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
