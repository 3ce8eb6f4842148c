"""Writing files so that a power cut leaves the old or the new one, never a part."""

import os
from pathlib import Path


def move_into_place(fresh: Path, target: Path) -> None:
    """Flush `fresh` to the disk, rename it to `target` in the same folder, and flush the folder. Raises OSError."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
