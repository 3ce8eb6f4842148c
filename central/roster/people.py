"""Checks the lines of a roster, and gives each person an id. No I/O: all problems are found before anything changes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal, cast
from uuid import UUID, uuid4

from central.errors import CentralError
from central.roster.sheet import Cell, Column, RosterFinding, SheetRow
from sync.contract import check_slug
from sync.errors import ContractError
from sync.nip import DIGITS, EXCEL, NipError, read_nip

Title = Literal["Bapak", "Ibu"]

_TITLES: Final[dict[str, Title]] = {"bapak": "Bapak", "bpk": "Bapak", "pak": "Bapak", "ibu": "Ibu", "bu": "Ibu"}
_TITLE_OF: Final[dict[str, Title]] = {"L": "Bapak", "P": "Ibu"}
_YES: Final = {"ya", "y", "yes", "true", "benar", "1", "x"}
_NO: Final = {"tidak", "t", "no", "n", "false", "salah", "0", "-"}
_LONGEST_NAME: Final = 100
_LONGEST_NUMBER: Final = 64


@dataclass(frozen=True, slots=True)
class RosterPerson:
    """A person in the roster; `id` is empty until `identify` finds or makes one."""

    line: int
    name: str = field(repr=False)
    id: str = ""
    title: Title | None = None
    nip: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)
    schedule: str | None = None
    officer: bool = False


@dataclass(slots=True)
class Checked:
    """The people in the lines of a roster, and the problems and warnings about them."""

    people: list[RosterPerson] = field(default_factory=list)
    problems: list[RosterFinding] = field(default_factory=list)
    warnings: list[RosterFinding] = field(default_factory=list)


def check_rows(rows: Iterable[SheetRow], today: date) -> Checked:
    """Read every line by itself, without comparing it to others."""
    checked = Checked()
    for row in rows:
        reading = _Reading(row, today, checked)
        person = reading.person()
        if not reading.failed:
            checked.people.append(person)
    return checked


class _WrongError(CentralError):
    """The content of a cell cannot be used; the message is the reason."""


class _Reading:
    """Reads one line. It goes on after a wrong cell, so that every problem of the line is reported."""

    def __init__(self, row: SheetRow, today: date, into: Checked) -> None:
        self.failed = False
        self._row = row
        self._today = today
        self._into = into

    def person(self) -> RosterPerson:
        """Return the person, with the cells that could be read."""
        person = RosterPerson(
            line=self._row.line,
            name=self._take("name", _name) or "",
            id=self._take("id", _id) or "",
            title=cast(Title | None, self._take("title", _title)),
            nip=self._take("nip", self._nip),
            number=self._take("number", _number),
            schedule=self._take("schedule", _schedule),
            officer=self._take("officer", _officer) == "yes",
        )
        cells = self._row.cells
        if "name" not in cells:
            self._problem("the name is missing")
        if not cells.keys() & {"id", "nip", "number"}:
            self._problem("there is neither a NIP nor an internal number")
        if person.nip and person.title and _TITLE_OF["L" if person.nip[14] == "1" else "P"] != person.title:
            self._warn("the title and digit 15 of the NIP disagree")
        return person

    def _take(self, column: Column, read: Callable[[Cell], str]) -> str | None:
        cell = self._row.cells.get(column)
        if cell is None:
            return None
        try:
            return read(cell)
        except (_WrongError, NipError) as error:
            self._problem(f"{column}: {error}")
            return None

    def _nip(self, cell: Cell) -> str:
        nip = read_nip(_text(cell), self._today)
        for warning in nip.warnings:
            self._warn(f"nip: {warning}")
        return nip.digits

    def _problem(self, text: str) -> None:
        self.failed = True
        self._into.problems.append(RosterFinding(self._row.line, text))

    def _warn(self, text: str) -> None:
        self._into.warnings.append(RosterFinding(self._row.line, text))


def _text(cell: Cell) -> str:
    """Return the text of a cell. A number is refused: it has lost leading zeros, and digits beyond the 15th."""
    if not isinstance(cell, str):
        raise _WrongError(f"the cell is a number, not text. {EXCEL}")
    return cell


def _name(cell: Cell) -> str:
    name = str(cell)
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise _WrongError(f"longer than {_LONGEST_NAME} characters, or not to be shown on a screen")
    return name


def _id(cell: Cell) -> str:
    try:
        made = str(UUID(str(cell)))
    except ValueError:
        raise _WrongError("not a UUID: leave it empty and one is made") from None
    return made


def _title(cell: Cell) -> str:
    title = _TITLES.get(str(cell).casefold().rstrip("."))
    if title is None:
        raise _WrongError("neither Bapak nor Ibu: leave it empty for neither")
    return title


def _number(cell: Cell) -> str:
    number = _text(cell)
    if len(number) > _LONGEST_NUMBER or not number.isprintable():
        raise _WrongError(f"longer than {_LONGEST_NUMBER} characters, or not printable")
    if len(number) == DIGITS and number.isdigit():
        raise _WrongError("it looks like a NIP: put it into the column 'nip', where it is checked")
    return number


def _schedule(cell: Cell) -> str:
    try:
        return check_slug(str(cell).casefold(), "schedule")
    except ContractError:
        raise _WrongError("no name of a schedule: 1 to 64 of a-z, 0-9 and '-'") from None


def _officer(cell: Cell) -> str:
    word = str(cell).casefold()
    if word not in _YES | _NO:
        raise _WrongError("neither ya nor tidak")
    return "yes" if word in _YES else "no"


@dataclass(frozen=True, slots=True)
class Known:
    """A person whom an earlier roster of the unit named."""

    id: str
    name: str = field(repr=False)
    nip: str | None = field(default=None, repr=False)
    number: str | None = field(default=None, repr=False)


def identify(people: Sequence[RosterPerson], known: Iterable[Known]) -> Checked:
    """Give each person the id in the file, else the one its NIP or internal number had, else a new one.

    A person who is named twice is a problem. An id in the file wins over what is known, so that a NIP that was given to
    the wrong person can be corrected.
    """
    known = list(known)
    by_nip: dict[str | None, str] = {person.nip: person.id for person in known if person.nip}
    by_number: dict[str | None, str] = {person.number: person.id for person in known if person.number}
    checked, lines = Checked(), dict[tuple[str, str], int]()
    for person in people:
        ids = {id_ for id_ in (by_nip.get(person.nip), by_number.get(person.number)) if id_ is not None}
        made = person.id or next(iter(ids), str(uuid4()))
        named = {"id": made, "nip": person.nip, "number": person.number}
        twice = [lines[what, value] for what, value in named.items() if value and (what, value) in lines]
        if twice:
            text = f"the same person as line {min(twice)}, or has that one's number: see the ids of `roster list`"
            checked.problems.append(RosterFinding(person.line, text))
        elif len(ids) > 1 and not person.id:
            text = "its NIP and its internal number are known as two people's: give the id, see `roster list`"
            checked.problems.append(RosterFinding(person.line, text))
        elif ids - {made}:
            checked.warnings.append(
                RosterFinding(person.line, "its NIP or internal number was another person's until now")
            )
        lines.update({(what, value): person.line for what, value in named.items() if value})
        checked.people.append(replace(person, id=made))
    return checked
