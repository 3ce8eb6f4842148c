"""Reads an office's roster file, CSV or xlsx. Findings about its lines never repeat a NIP."""

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from central.errors import WrongUseError


@dataclass(frozen=True, slots=True, order=True)
class RosterFinding:
    """A problem or warning about one line of the file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class RosterError(WrongUseError):
    """The roster cannot be pushed. The message has every reason."""

    @classmethod
    def of(cls, file: Path, problems: Iterable[RosterFinding]) -> "RosterError":
        """Return one error for all the problems of a file."""
        found = sorted(problems)
        return cls("\n  ".join([f"{file.name}: nothing was pushed, {len(found)} to mend", *map(str, found)]))


Column = Literal["id", "name", "title", "nip", "number", "schedule", "officer"]

_HEADINGS: Final[dict[Column, tuple[str, ...]]] = {
    "id": ("id", "uuid", "id pegawai"),
    "name": ("name", "nama", "nama pegawai", "nama lengkap"),
    "title": ("title", "sapaan", "panggilan"),
    "nip": ("nip", "ni pppk", "nip ni pppk", "nip pppk", "nippppk"),
    "number": ("number", "internal number", "nomor internal", "no internal", "nomor pegawai"),
    "schedule": ("schedule", "jadwal"),
    "officer": ("officer", "petugas", "operator"),
}
_BY_HEADING: Final = {heading: column for column, headings in _HEADINGS.items() for heading in headings}

Cell = str | int | float
"""The content of a cell. A spreadsheet's cell may be a number; a NIP stored as one has lost its last digits."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One person's line, without its empty cells."""

    line: int
    cells: dict[Column, Cell]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of people, and the headings that name no known column."""

    rows: tuple[SheetRow, ...]
    unknown: tuple[str, ...]


def read_sheet(file: Path) -> Sheet:
    """Read a `.csv` or `.xlsx` file.

    Raises:
        RosterError: the file cannot be read, or its headings lack the name, or any number or id.
    """
    readers = {".csv": _csv, ".xlsx": _xlsx}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise RosterError(f"{file.name} is neither .csv nor .xlsx")
    try:
        return _sheet(file, reader(file))
    except OSError as error:
        raise RosterError(f"{file} cannot be read: {error.strerror or error}") from error


def _sheet(file: Path, lines: Iterator[tuple[int, Sequence[Cell]]]) -> Sheet:
    headings = next((cells for _, cells in lines if any(cell != "" for cell in cells)), None)
    if headings is None:
        raise RosterError(f"{file.name} is empty")
    columns = [_BY_HEADING.get(_plain(str(heading))) for heading in headings]
    known = [column for column in columns if column is not None]
    if len(set(known)) < len(known):
        raise RosterError(f"{file.name}: two columns have the same meaning, name each once")
    if "name" not in known or not {"id", "nip", "number"} & set(known):
        raise RosterError(f"{file.name}: no column 'name' (nama), or none of 'nip', 'internal number' and 'id'")
    unknown = (str(name) for name, column in zip(headings, columns, strict=True) if column is None and name != "")
    return Sheet(tuple(_rows(file, columns, lines)), tuple(unknown))


def _rows(
    file: Path, columns: Sequence[Column | None], lines: Iterable[tuple[int, Sequence[Cell]]]
) -> Iterator[SheetRow]:
    for line, cells in lines:
        if any(cell != "" for cell in cells[len(columns) :]):
            raise RosterError(f"{file.name}: line {line} has more cells than there are headings")
        filled = {name: cell for name, cell in zip(columns, cells, strict=False) if name is not None and cell != ""}
        if filled:
            yield SheetRow(line, filled)


def _plain(heading: str) -> str:
    return re.sub(r"[\s./_-]+", " ", heading.casefold()).strip()


def _csv(file: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RosterError(f"{file.name} is not UTF-8: save it as 'CSV UTF-8'") from None
    first = text.lstrip().partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise RosterError(f"{file.name}: line {reader.line_num} is no CSV: {error}") from error


def _xlsx(file: Path) -> Iterator[tuple[int, Sequence[Cell]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of features that it drops, such as drop-down lists
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (BadZipFile, InvalidFileException, ParseError, KeyError, ValueError) as error:
            raise RosterError(f"{file.name} is no spreadsheet that can be read: save it again as .xlsx") from error
        try:
            rows = [] if book.active is None else book.active.iter_rows(values_only=True)
            for line, cells in enumerate(rows, start=1):
                yield line, [_cell(value) for value in cells]
        finally:
            book.close()


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    return value if isinstance(value, int | float) else str(value).strip()
