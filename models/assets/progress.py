"""How far an installation is, told to whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of installing one asset: `done` of `total` bytes; 0 when nobody knows."""

    asset: str
    step: str
    done: int = 0
    total: int = 0


Report: TypeAlias = Callable[[Progress], None]
Bytes: TypeAlias = Callable[[int, int], None]
"""What a source reports while it downloads: bytes done and in total."""
