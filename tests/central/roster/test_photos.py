"""Photos of people: to whom a file belongs, and that no metadata is left in the picture."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from central.roster.people import RosterPerson
from central.roster.photos import read_album, small_jpeg
from central.roster.sheet import RosterError
from tests.central.roster.office import photo

NIP = "198802292014032903"
SITI = RosterPerson(2, "Siti", "3f2a7c1e-0000-4000-8000-000000000042", nip=NIP)
JOKO = RosterPerson(3, "Joko", "3f2a7c1e-0000-4000-8000-000000000043", number="TK-1")
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F


def test_photos_are_found_by_id_nip_or_internal_number(tmp_path: Path) -> None:
    for name in (f"{SITI.id}-1.jpg", f"{NIP}.PNG", f"{NIP} (2).jpeg", "tk-1_a.jpg", "TK-12.jpg", "group.jpg"):
        photo(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    album = read_album(tmp_path, [SITI, JOKO])
    assert {person: len(photos) for person, photos in album.photos.items()} == {SITI.id: 3, JOKO.id: 1}
    assert album.strays == ("TK-12.jpg", "group.jpg")
    assert album.problems == ()


def test_a_photo_belongs_to_the_longest_number_that_fits(tmp_path: Path) -> None:
    photo(tmp_path / "TK-1-2.jpg")
    other = RosterPerson(4, "Tono", "3f2a7c1e-0000-4000-8000-000000000044", number="TK-1-2")
    assert list(read_album(tmp_path, [JOKO, other]).photos) == [other.id]


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_a_photo_is_made_small_and_upright_and_rid_of_the_rest(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned clockwise
    exif[MAKER] = "SECRET-MAKER"
    exif[GPS] = {1: "N", 2: (0.0, 30.0, 17.0)}
    how = {"comment": b"SECRET-COMMENT", "icc_profile": b"SECRET-PROFILE"} if name == "a.jpg" else {}
    made = small_jpeg(photo(tmp_path / name, (1800, 1200), exif=exif, **how))
    with Image.open(io.BytesIO(made)) as image:
        assert (image.format, image.size) == ("JPEG", (427, 640))
        assert not image.getexif()
        top, bottom = image.getpixel((213, 100)), image.getpixel((213, 540))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0], "what was left is above"
    assert b"SECRET" not in made
    assert b"Exif" not in made


def test_a_small_photo_stays_as_large_as_it_is(tmp_path: Path) -> None:
    with Image.open(io.BytesIO(small_jpeg(photo(tmp_path / "a.jpg", (320, 240))))) as image:
        assert image.size == (320, 240)


def test_the_same_photo_comes_to_the_same_bytes(tmp_path: Path) -> None:
    file = photo(tmp_path / f"{NIP}.jpg")
    (first,), (second,) = (read_album(tmp_path, [SITI]).photos[SITI.id] for _ in range(2))
    assert first == second
    assert base64.urlsafe_b64decode(first + "==") == small_jpeg(file)


def test_too_many_photos_and_broken_ones_are_problems_without_the_number(tmp_path: Path) -> None:
    for number in range(6):
        photo(tmp_path / f"TK-1 {number}.jpg")
    whole = photo(tmp_path / "whole.png").read_bytes()
    (tmp_path / f"{NIP}.jpg").write_bytes(b"rubbish")
    (tmp_path / f"{NIP}-2.png").write_bytes(whole[: len(whole) // 2])
    album = read_album(tmp_path, [SITI, JOKO])
    assert sorted(map(str, album.problems)) == [
        "line 2: photo 1988**************-2.png is no JPEG or PNG that can be read",
        "line 2: photo 1988**************.jpg is no JPEG or PNG that can be read",
        "line 3: 6 photos, at most 5 are taken",
    ]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(RosterError, match="cannot be read"):
        read_album(tmp_path / "nowhere", [SITI])
