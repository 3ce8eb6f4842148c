"""Imports exported packages: their entries are judged and stored like those that come by MQTT."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from central.judge import Registered, Unsound, judge
from central.store.batch import BatchOutcome, progress, store
from central.store.database import CentralDatabase
from central.store.gaps import Gap, gaps
from central.store.kiosks import known_kiosks
from sync.contract.topics import DEFAULT_ROOT, Topics
from sync.documents.sealing import Opener
from sync.errors import PackageError
from sync.export.package import Header
from sync.export.reading import Flaw, missing, packages_in, read_package, receipts_for, write_receipts
from sync.signing import SigningKey

_BATCH: Final = 500
"""Entries in one transaction."""


@dataclass(slots=True)
class Imported:
    """The result of an import for one kiosk: how many entries are newly `stored`, were `known` before, or `rejected`.

    `there` are the numbers of entries that are in the database now, `gaps` what is still missing of the kiosk.
    """

    unit: str
    kiosk: str
    stored: int = 0
    known: int = 0
    rejected: int = 0
    through_seq: int = 0
    through_hash: str | None = None
    gaps: list[Gap] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    there: list[int] = field(default_factory=list)

    def count(self, outcome: BatchOutcome) -> None:
        """Add the result of a batch."""
        self.stored += outcome.fresh
        self.known += len(outcome.stored) - outcome.fresh
        self.there.extend(outcome.stored)


class Importer:
    """Stores the entries of packages. `opener` opens sealed ones. Only what the kiosks' keys prove is stored."""

    def __init__(self, database: CentralDatabase, opener: Opener | None) -> None:
        self._database = database
        self._opener = opener
        self._known = known_kiosks(database)
        self._kiosks: dict[str, Imported] = {}

    def take(self, folder: Path) -> tuple[list[Imported], list[Flaw]]:
        """Store the entries of every sound package. Returns the result of each kiosk, and the flaws of other packages.

        Raises:
            ExportError: the folder holds no package.
            DatabaseError: the database cannot be used. What was stored stays, and the import may be repeated.
        """
        flaws = [flaw for path in packages_in(folder) if (flaw := self._take_file(path)) is not None]
        for imported in self._kiosks.values():
            flaws.extend(missing(imported.headers))
            reached = progress(self._database, imported.kiosk)
            imported.through_seq, imported.through_hash = reached.through_seq, reached.through_hash
            with self._database.transaction() as connection:
                imported.gaps = list(gaps(connection, imported.kiosk, imported.through_seq))
        return list(self._kiosks.values()), flaws

    def _take_file(self, path: Path) -> Flaw | None:
        try:
            package = read_package(path)
            package.check(_registered(package.header, self._known).key)
            entries = package.entries(self._opener)
        except PackageError as error:
            return Flaw(path.name, error.problem, str(error))
        header = package.header
        imported = self._kiosks.setdefault(header.kiosk, Imported(header.unit, header.kiosk))
        imported.headers.append(header)
        for at in range(0, len(entries), _BATCH):
            self._store(entries[at : at + _BATCH], imported)
        return None

    def _store(self, entries: Sequence[bytes], imported: Imported) -> None:
        topic = Topics(DEFAULT_ROOT, imported.unit, imported.kiosk).entry
        batch = [judge(topic, entry, DEFAULT_ROOT, self._known) for entry in entries]
        imported.rejected += sum(isinstance(item, Unsound) for item in batch)
        for outcome in store(self._database, batch):
            imported.rejected += len(outcome.refused)
            imported.count(outcome)


def answer(folder: Path, imported: Sequence[Imported], key: SigningKey) -> None:
    """Write the receipt file of each kiosk into the folder. Raises ExportError when one cannot be written."""
    for kiosk in imported:
        receipts = receipts_for(kiosk.unit, kiosk.kiosk, kiosk.through_seq, kiosk.through_hash, kiosk.there)
        write_receipts(folder, receipts, key)


def _registered(header: Header, known: Mapping[str, Registered]) -> Registered:
    kiosk = known.get(header.kiosk)
    if kiosk is None or kiosk.unit != header.unit:
        raise PackageError("unknown_kiosk", f"kiosk {header.kiosk} of unit {header.unit} is not registered: add it")
    return kiosk
