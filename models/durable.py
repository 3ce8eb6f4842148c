"""Files that are whole or not there, whenever the power goes."""

import os
from pathlib import Path


def move_into_place(fresh: Path, target: Path) -> None:
    """Make the file last, then visible: after a power cut the old one, the new one or none is there, never a part."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
