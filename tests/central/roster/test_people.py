"""The lines of a roster: every problem is reported with its line and without any NIP or number."""

import re
from datetime import date

import pytest

from central.roster.people import Checked, Known, RosterPerson, check_rows, identify
from central.roster.sheet import Cell, Column, SheetRow
from sync.nip import EXCEL

TODAY = date(2026, 1, 31)
MALE, FEMALE = "198609262015051001", "198802292014032903"
ID = "3f2a7c1e-0000-4000-8000-000000000042"


def check(**cells: Cell) -> Checked:
    given: dict[Column, Cell] = {"name": "Siti", "number": "TK-1"}
    given.update(cells)  # type: ignore[arg-type]
    return check_rows([SheetRow(7, {name: cell for name, cell in given.items() if cell != ""})], TODAY)


def test_a_line_becomes_a_person() -> None:
    checked = check(
        id=ID.upper(), nip="19880229 201403 2 903", title="ibu", schedule="REG5", officer="Ya", number="TK 1"
    )
    assert checked.people == [RosterPerson(7, "Siti", ID, "Ibu", FEMALE, "TK 1", "reg5", officer=True)]
    assert (checked.problems, checked.warnings) == ([], [])
    assert "Siti" not in repr(checked.people)
    assert FEMALE not in repr(checked.people)


def test_a_person_without_a_nip_needs_none() -> None:
    assert check().people == [RosterPerson(7, "Siti", number="TK-1")]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"name": ""}, "the name is missing"),
        ({"name": "S\nI"}, "name: longer than 100"),
        ({"name": "x" * 101}, "name: longer than 100"),
        ({"number": ""}, "there is neither a NIP nor an internal number"),
        ({"nip": 198609262015051008}, f"nip: the cell is a number, not text. {EXCEL}"),
        ({"nip": 1.98609262015051e17}, "nip: the cell is a number"),
        ({"nip": "198702292010011901"}, "nip: digits 1 to 8 are no date of birth"),
        ({"number": 12}, "number: the cell is a number"),
        ({"number": MALE}, "number: it looks like a NIP"),
        ({"number": "x" * 65}, "number: longer than 64"),
        ({"id": "42"}, "id: not a UUID"),
        ({"title": "Om"}, "title: neither Bapak nor Ibu"),
        ({"schedule": MALE + " "}, "schedule: no name of a schedule"),
        ({"officer": "mungkin"}, "officer: neither ya nor tidak"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(cells: dict[str, Cell], told: str) -> None:
    checked = check(**cells)
    assert checked.people == []
    (problem,) = checked.problems
    assert str(problem).startswith(f"line 7: {told}")
    assert not re.search(r"\d{9}", str(problem))


def test_everything_wrong_with_a_line_is_said_at_once() -> None:
    told = check(name="", nip="1", title="Om").problems
    assert sorted(problem.text.split(":")[0] for problem in told) == ["nip", "the name is missing", "title"]


@pytest.mark.parametrize(("title", "nip", "warned"), [("Ibu", MALE, True), ("Bapak", MALE, False), ("", MALE, False)])
def test_a_title_that_the_nip_belies_is_a_warning(title: str, nip: str, warned: bool) -> None:
    checked = check(title=title, nip=nip)
    assert checked.people
    assert any("disagree" in warning.text for warning in checked.warnings) == warned


def test_a_person_keeps_the_id_by_either_number() -> None:
    known = [Known(ID, "Siti", FEMALE, "TK-1")]
    for person in (
        RosterPerson(2, "S", nip=FEMALE),
        RosterPerson(2, "S", number="TK-1"),
        RosterPerson(2, "S", nip=MALE, number="TK-1"),
    ):
        assert [found.id for found in identify([person], known).people] == [ID]


def test_a_new_person_gets_an_id_of_its_own() -> None:
    found = identify([RosterPerson(2, "S", nip=MALE), RosterPerson(3, "T", number="TK-1")], [Known(ID, "Siti", FEMALE)])
    assert len({person.id for person in found.people} | {ID}) == 3
    assert found.problems == []


def test_an_id_in_the_file_is_taken() -> None:
    assert identify([RosterPerson(2, "S", ID, nip=MALE)], []).people[0].id == ID


@pytest.mark.parametrize(
    "second",
    [
        RosterPerson(3, "T", nip=FEMALE),
        RosterPerson(3, "T", number="TK-1"),
        RosterPerson(3, "T", ID),
        RosterPerson(3, "T", nip=MALE),
    ],
)
def test_nobody_comes_twice(second: RosterPerson) -> None:
    """A line is also refused when its number is known for the person of another line."""
    known = [Known(ID, "Siti", MALE)]
    first = RosterPerson(2, "S", ID, nip=FEMALE, number="TK-1")
    (problem,) = identify([first, second], known).problems
    assert str(problem).startswith("line 3: the same person as line 2")


def test_numbers_of_two_people_on_one_line_are_a_problem_until_the_id_is_given() -> None:
    other = "3f2a7c1e-0000-4000-8000-000000000043"
    known = [Known(ID, "Siti", FEMALE), Known(other, "Budi", None, "TK-1")]
    (problem,) = identify([RosterPerson(2, "S", nip=FEMALE, number="TK-1")], known).problems
    assert "two people's" in problem.text
    found = identify([RosterPerson(2, "S", other, nip=FEMALE, number="TK-1")], known)
    assert (found.people[0].id, found.problems) == (other, [])
    assert "another person's until now" in found.warnings[0].text
