"""Checks packages by the kiosk's public key alone: each by itself, and that together they miss nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.errors import ExportError, PackageError
from sync.export.package import LARGEST, SUFFIX, Header, Package
from sync.signing import PublicKey


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong; `package` is the file's name, None when it is one that is not there."""

    package: str | None
    problem: str
    text: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What checking came to. Of the `packages` that are sound `sealed` ones were checked from outside only."""

    packages: int
    entries: int
    sealed: int
    flaws: tuple[Flaw, ...]

    @property
    def sound(self) -> bool:
        """Nothing is wrong or missing."""
        return not self.flaws


def packages_in(folder: Path) -> list[Path]:
    """The files of a folder that are named like packages. ExportError when there is none."""
    found = sorted(folder.glob(f"*{SUFFIX}"))
    if not found:
        raise ExportError(f"there is no package (*{SUFFIX}) in {folder}: name the folder that was exported to")
    return found


def read_package(path: Path) -> Package:
    """A package, not checked. PackageError when it cannot be read."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise PackageError("unreadable", f"it cannot be read: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise PackageError("unreadable", f"it has more than the {LARGEST} bytes of the largest package")
    return Package.of(raw)


def inspect(where: Path, key: PublicKey) -> Inspection:
    """Check one package, or those of one kiosk in a folder, of which none may be missing.

    Raises:
        ExportError: there is no package.
    """
    headers, flaws = [], []
    for path in packages_in(where) if where.is_dir() else [where]:
        try:
            package = read_package(path)
            package.check(key)
            if package.header.sealed_to is None:
                package.check_entries(package.entries(None), key)
            headers.append(package.header)
        except PackageError as error:
            flaws.append(Flaw(path.name, error.problem, str(error)))
    if where.is_dir():
        flaws.extend(missing(headers))
    sealed = sum(header.sealed_to is not None for header in headers)
    return Inspection(len(headers), sum(header.count for header in headers), sealed, tuple(flaws))


def missing(headers: Sequence[Header]) -> Iterator[Flaw]:
    """What one kiosk's packages lack of what they were exported with: before, between and after them."""
    if not headers:
        return
    ordered = sorted(headers, key=lambda header: (header.first, header.last))
    reached, end = min(header.export.first for header in ordered) - 1, None
    for header in ordered:
        # Across numbers that a salvage lost the chain goes on.
        if header.first > reached + 1 and header.prev != end:
            yield _lack(header, reached + 1, header.first - 1)
        if header.last > reached:
            reached, end = header.last, header.hash
    last = max(header.export.last for header in ordered)
    if last > reached:
        yield _lack(ordered[-1], reached + 1, last)


def _lack(header: Header, first: int, last: int) -> Flaw:
    return Flaw(None, "missing", f"of kiosk {header.kiosk} no package holds the entries {first} to {last}")
