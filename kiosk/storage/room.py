"""How much room is left where the data lies."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from sync.errors import StoreFull


@dataclass(frozen=True, slots=True)
class Room:
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
