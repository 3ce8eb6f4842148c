"""Writes undelivered entries into a folder, in packages. An interrupted export is completed by the next one."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sync.contract.device import SeqRange
from sync.documents.sealing import SealTo
from sync.durable import PART, write_whole
from sync.errors import ExportError, PackageError
from sync.export.archive import Archive
from sync.export.package import MOST, SUFFIX, Package, pack, prefix
from sync.export.reading import read_package
from sync.ledger import Ledger, Stored


@dataclass(frozen=True, slots=True)
class Order:
    """What to export: `everything`, the `archive` included, or all from the oldest undelivered entry on. Without
    `seal_to` the packages are not sealed."""

    at: datetime
    seal_to: SealTo | None
    everything: bool = False
    archive: Archive | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A complete package in the folder, of `count` entries; `fresh` when this export has written it."""

    path: Path
    count: int
    fresh: bool


def export(ledger: Ledger, folder: Path, order: Order) -> Iterator[Finished]:
    """Write packages, and yield each once it is whole and on the disk.

    From its first entry on an export has no gaps: it includes entries that are delivered already, so that anybody can
    see that nothing is missing. Only delivered entries that are damaged are left out. A package that is already there,
    whole and sealed to the same key, is kept.

    Raises:
        ExportError: the folder cannot be written to, or is full. Finished packages stay.
        StoreError: the ledger cannot be read.
    """
    span = _span(ledger, order.everything)
    if span is None:
        return
    _clear_parts(ledger, folder)
    there = _finished(ledger, folder, order.seal_to)
    if order.everything:
        yield from _archived(ledger, folder, order, there)
    seq = span.first
    while seq <= span.last:
        package = next((package for package in there if package.header.first <= seq <= package.header.last), None)
        if package is not None:
            yield Finished(folder / package.header.name, package.header.count, fresh=False)
            seq = package.header.last + 1
            continue
        last = min([span.last, *(other.header.first - 1 for other in there if other.header.first > seq)])
        entries = ledger.stretch(seq, last, MOST)
        if entries:
            yield _write(ledger, folder, entries, span, order)
        seq = entries[-1].seq + 1 if entries else last + 1


def _span(ledger: Ledger, everything: bool) -> SeqRange | None:
    oldest = next(ledger.stored(), None) if everything else next(iter(ledger.waiting(1)), None)
    return None if oldest is None else SeqRange(first=oldest.seq, last=ledger.counts().last_seq)


def _archived(ledger: Ledger, folder: Path, order: Order, there: list[Package]) -> Iterator[Finished]:
    """Write the archived packages again, sealed as `order` asks."""
    written = {(package.header.first, package.header.last): package.header for package in there}
    for entries in order.archive.stored() if order.archive is not None else ():
        span = SeqRange(first=entries[0].seq, last=entries[-1].seq)
        header = written.get((span.first, span.last))
        if header is None:
            yield _write(ledger, folder, entries, span, order)
        else:
            yield Finished(folder / header.name, header.count, fresh=False)


def _write(ledger: Ledger, folder: Path, entries: list[Stored], span: SeqRange, order: Order) -> Finished:
    header, raw = pack(entries, span, order.at, ledger.key, order.seal_to)
    path = folder / header.name
    with _translate_errors(folder):
        try:
            write_whole(path, raw)
        except OSError:
            path.with_name(path.name + PART).unlink(missing_ok=True)
            raise
    return Finished(path, len(entries), fresh=True)


def _finished(ledger: Ledger, folder: Path, seal_to: SealTo | None) -> list[Package]:
    """Return this kiosk's packages in the folder that are whole and sealed to that key. Others are written again."""
    found = []
    for path in folder.glob(f"{prefix(ledger.unit, ledger.kiosk)}_*{SUFFIX}"):
        try:
            package = read_package(path)
            package.check(ledger.key.public)
        except PackageError:
            continue
        if package.header.sealed_to == (None if seal_to is None else seal_to.text):
            found.append(package)
    return found


def _clear_parts(ledger: Ledger, folder: Path) -> None:
    for part in folder.glob(f"{prefix(ledger.unit, ledger.kiosk)}_*{SUFFIX}{PART}"):
        with _translate_errors(folder):
            part.unlink(missing_ok=True)


@contextmanager
def _translate_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ExportError(f"{folder} is full: make room or take another, and export again to go on") from error
        text = f"{folder} cannot be written to: {error.strerror}; see to that, and export again to go on"
        raise ExportError(text) from error
