"""Rosters as offices keep them: CSV of several kinds, and spreadsheets."""

from pathlib import Path

import openpyxl
import pytest

from central.roster.sheet import RosterError, SheetRow, read_sheet

NIP = "198609262015051001"
EXPECTED = (
    SheetRow(2, {"name": "Siti, Ibu", "nip": NIP, "title": "Ibu"}),
    SheetRow(4, {"name": "Joko", "number": "TK-0012"}),
)


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_is_read_whatever_wrote_it(tmp_path: Path, delimiter: str, encoding: str, end: str) -> None:
    lines = [
        [" NAMA  Pegawai", "Nip.", "SAPAAN", "Nomor_Internal", "Jabatan", ""],
        ['"Siti, Ibu"', f'"{NIP}"', " Ibu ", "", "Kasi", ""],
        ["", "", "", "", "", ""],
        ["Joko", "", "", "TK-0012", "", ""],
    ]
    file = tmp_path / "roster.csv"
    file.write_bytes(end.join(delimiter.join(cells) for cells in lines).encode(encoding))
    sheet = read_sheet(file)
    assert sheet.rows == EXPECTED
    assert sheet.unknown == ("Jabatan",)


def test_a_spreadsheet_is_read_and_tells_numbers_from_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in (["nama", "nip", "nomor internal"], ["Siti", NIP, None], [None], ["Budi", int(NIP), 12]):
        sheet.append(cells)
    book.save(tmp_path / "roster.xlsx")
    assert read_sheet(tmp_path / "roster.xlsx").rows == (
        SheetRow(2, {"name": "Siti", "nip": NIP}),
        SheetRow(4, {"name": "Budi", "nip": int(float(NIP)), "number": 12}),
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"", "empty"),
        ("a.csv", b"\n\n", "empty"),
        ("a.csv", "nama;nip\nS\u00e9;1".encode("cp1252"), "UTF-8"),
        ("a.csv", b"nama;gol\nSiti;III", "no column"),
        ("a.csv", b"nip;gol\n1;III", "no column"),
        ("a.csv", b"nama;nama pegawai;nip\n", "same meaning"),
        ("a.csv", b"nama;nip\nSiti;1;2", "line 2 has more cells"),
        ("a.csv", b'nama;nip\n"Siti;1', "line 2 is no CSV"),
        ("a.xlsx", b"rubbish", "no spreadsheet"),
        ("a.xlsx", b"PK\x03\x04rubbish", "no spreadsheet"),
        ("a.ods", b"", "neither .csv nor .xlsx"),
    ],
)
def test_what_is_no_roster_is_said(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RosterError, match=told):
        read_sheet(tmp_path / name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("nowhere.csv", "nowhere.xlsx"):
        with pytest.raises(RosterError, match=f"{name} cannot be read"):
            read_sheet(tmp_path / name)
