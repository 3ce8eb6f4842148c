"""The archive: entries that were delivered long ago, moved into signed, unsealed packages to keep the ledger small.

A package is whole on the disk before its entries leave the ledger, and the anchor (`sync.store.anchor`) names the last
entry that was moved. So a kill leaves an entry in both places or in the archive alone. Only `verify` and `export --all`
read the packages; they may be moved elsewhere.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sync.canonical import load
from sync.chain import Link, Verification
from sync.contract.device import SeqRange
from sync.durable import write_whole
from sync.errors import ExportError, PackageError
from sync.export.package import MOST, SUFFIX, Package, pack, prefix
from sync.export.reading import read_package
from sync.ledger import Ledger, Stored
from sync.store.database import translate_errors


class Archive:
    """The archived packages of one ledger, in a folder that is created when it is first needed."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self._ledger = ledger
        self.folder = folder

    def step(self, before: datetime, at: datetime) -> bool:
        """Move the oldest `MOST` entries of the ledger into the archive, if all are delivered and surely older than
        `before`. Returns whether entries were moved.

        Raises:
            StoreError: the disk is full, or the ledger is damaged.
        """
        end = self._ledger.archivable(before, MOST)
        if end is None:
            return False
        seq = self._ledger.begins_after().seq + 1
        while entries := self._ledger.stretch(seq, end.seq, MOST):
            self._write(entries, at)
            seq = entries[-1].seq + 1
        self._ledger.let_go(end)
        return True

    def packages(self) -> list[Package]:
        """Return the packages whose entries have left the ledger, in order, each checked by the device's key.

        Raises:
            ExportError: a package is damaged.
        """
        begins, key = self._ledger.begins_after(), self._ledger.key.public
        found = []
        for path in self.folder.glob(f"{prefix(self._ledger.unit, self._ledger.kiosk)}_*{SUFFIX}"):
            try:
                package = read_package(path)
                package.check(key)
            except PackageError as error:
                raise ExportError(f"{path} cannot be trusted: {error}") from error
            if package.header.last <= begins.seq:  # else the process was killed before these entries left the ledger
                found.append(package)
        return sorted(found, key=lambda package: package.header.first)

    def verify(self) -> Verification:
        """Check archive and ledger as one chain, which begins with the first package that is there.

        Raises:
            ExportError: a package is damaged.
            StoreDamaged: the ledger cannot be read through.
        """
        packages = self.packages()
        if not packages:
            return self._ledger.verify()
        first = packages[0].header
        entries = (entry for package in packages for entry in package.entries(None))
        return self._ledger.verify(entries, after=Link(first.first - 1, first.prev))

    def stored(self) -> Iterator[list[Stored]]:
        """Iterate over the packages, each as its list of entries. Raises ExportError when one is damaged."""
        for package in self.packages():
            yield [Stored(int(load(entry)["seq"]), entry) for entry in package.entries(None)]

    def _write(self, entries: list[Stored], at: datetime) -> None:
        span = SeqRange(first=entries[0].seq, last=entries[-1].seq)
        header, raw = pack(entries, span, at, self._ledger.key, None)
        with translate_errors(self.folder):
            self.folder.mkdir(exist_ok=True)
            write_whole(self.folder / header.name, raw)
