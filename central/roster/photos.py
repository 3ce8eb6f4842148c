"""Photos of people: found by the beginning of the file name, made smaller, and stripped of metadata."""

import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from central.roster.people import RosterPerson
from central.roster.sheet import RosterError, RosterFinding
from sync.documents.roster import MOST_PHOTOS
from sync.keyfile import base64url

_ENDINGS: Final = {".jpg", ".jpeg", ".png"}
_LONGEST_SIDE_PX: Final = 640
_QUALITY: Final = 90


@dataclass(frozen=True, slots=True)
class Album:
    """Photos (JPEG in base64url) by the person's id, problems, and in `strays` the masked names of files of nobody."""

    photos: Mapping[str, tuple[str, ...]]
    problems: tuple[RosterFinding, ...]
    strays: tuple[str, ...]


EMPTY: Final = Album({}, (), ())


def read_album(folder: Path, people: Iterable[RosterPerson]) -> Album:
    """Read `<id, NIP or internal number>*.jpg` or `.png`, at most five a person.

    Raises:
        RosterError: the folder cannot be read.
    """
    people = list(people)
    keys = {key.casefold(): person for person in people for key in (person.id, person.nip, person.number) if key}
    files: dict[str, list[Path]] = defaultdict(list)
    strays = []
    for file in _files(folder):
        owner = _owner(file.stem.casefold(), keys)
        if owner is None:
            strays.append(_masked(file.name))
        else:
            files[owner.id].append(file)
    problems: list[RosterFinding] = []
    photos = {person.id: _photos(person, files[person.id], problems) for person in people if person.id in files}
    return Album(photos, tuple(problems), tuple(strays))


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS)
    except OSError as error:
        raise RosterError(f"the folder of photos {folder} cannot be read: {error.strerror}") from error


def _owner(stem: str, keys: Mapping[str, RosterPerson]) -> RosterPerson | None:
    """Return the person whose id or number the name begins with, followed by no letter or digit; the longest match
    wins."""
    fitting = [key for key in keys if stem == key or (stem.startswith(key) and not stem[len(key)].isalnum())]
    return keys[max(fitting, key=len)] if fitting else None


def _photos(person: RosterPerson, files: list[Path], problems: list[RosterFinding]) -> tuple[str, ...]:
    if len(files) > MOST_PHOTOS:
        problems.append(RosterFinding(person.line, f"{len(files)} photos, at most {MOST_PHOTOS} are taken"))
        return ()
    photos = []
    for file in files:
        try:
            photos.append(base64url(small_jpeg(file)))
        except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
            problems.append(
                RosterFinding(person.line, f"photo {_masked(file.name)} is no JPEG or PNG that can be read")
            )
    return tuple(photos)


def small_jpeg(file: Path) -> bytes:
    """Return the picture upright, at most 640 pixels high and wide, as a JPEG without metadata."""
    with Image.open(file, formats=("JPEG", "PNG")) as opened:
        opened.thumbnail((_LONGEST_SIDE_PX, _LONGEST_SIDE_PX))
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    bare = Image.new("RGB", upright.size)  # a new image has no metadata: place, camera, comments
    bare.paste(upright)
    made = io.BytesIO()
    bare.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()


def _masked(name: str) -> str:
    """Return a file name whose long digit sequences, which may be a person's number, are masked."""
    return re.sub(r"\d{9,}", lambda found: found[0][:4] + "*" * (len(found[0]) - 4), name)
