"""The ledger's high-water marks, kept beside it so that a lost ledger never uses a sequence number twice.

Numbers are reserved in blocks: `ledger.head` names a number that no entry has gone beyond. It is written, with fsync,
before the first number of a block is used, so it costs one more fsync in `BLOCK` appends; a ledger that is lost
altogether continues after the reserved number, and names at most `BLOCK` numbers as missing that may never have been
used.

`ledger.end` names an entry that was committed, mostly the last one. A file or WAL that has lost fewer entries than a
block from its end looks like one that never had them; this mark shows the loss. It is written after each commit without
fsync, so a power cut may set it back by half a minute.
"""

import os
from pathlib import Path
from typing import Final

from sync.durable import write_whole

BLOCK: Final = 64
"""Sequence numbers that are reserved at a time."""
_DIGITS: Final = 16


class HighWaterMark:
    """The files beside the ledger at `ledger`. `cover` belongs inside the ledger's write transaction.

    Raises:
        OSError: a file cannot be written.
    """

    def __init__(self, ledger: Path) -> None:
        self._path = ledger.with_suffix(".head")
        self._end = ledger.with_suffix(".end")
        self._known = 0

    def read(self) -> int | None:
        """Return the highest reserved number, 0 when nothing was ever reserved, None when the file is damaged."""
        try:
            text = self._path.read_text("ascii").strip()
        except FileNotFoundError:
            return 0
        except UnicodeDecodeError:
            return None
        return int(text) if text.isdecimal() else None

    def cover(self, seq: int) -> None:
        """Return once `seq` is reserved on the disk."""
        if seq <= self._known:
            return
        # Another process may have reserved further.
        self._known = self.read() or 0
        if seq > self._known:
            self._write(seq + BLOCK - 1)

    def reached(self) -> int:
        """Return the number of the latest entry that is noted as committed, 0 when none is."""
        try:
            digits = self._end.read_bytes()[:_DIGITS]
        except FileNotFoundError:
            return 0
        return int(digits) if len(digits) == _DIGITS and digits.isdigit() else 0

    def reach(self, seq: int) -> None:
        """Note that `seq` is committed. When two processes write at once, the lower number may remain."""
        descriptor = os.open(self._end, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.pwrite(descriptor, b"%0*d\n" % (_DIGITS, seq), 0)  # in place: a rename would need an fsync
        finally:
            os.close(descriptor)

    def _write(self, reserved: int) -> None:
        write_whole(self._path, f"{reserved}\n".encode())
        self._known = reserved
