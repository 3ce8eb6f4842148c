"""The agency's keys: files in one folder."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.contract import check_slug
from sync.documents.sealing import Opener
from sync.errors import KeyFileError
from sync.keyfile import write_new
from sync.signing import SigningKey

AGENCY: Final = "agency.key"
RECEIVER: Final = "receiver.key"
SEAL: Final = "agency-seal.key"
KIOSKS: Final = "kiosk-agency.toml"

_PUBLIC: Final = """\
# The agency's public keys: goes into the settings of every kiosk.
[agency]
key = "{key}"
receiver_key = "{receiver_key}"
seal_to = "{seal_to}"
"""


@dataclass(frozen=True, slots=True)
class AgencyKeys:
    """The folder of the agency's keys. Every method raises KeyFileError, which names the file, when its key is
    missing."""

    folder: Path

    def agency(self) -> SigningKey:
        """Return the key that signs roster and policy."""
        return SigningKey.load(self.folder / AGENCY)

    def receiver(self) -> SigningKey:
        """Return the key that signs receipts and commands."""
        return SigningKey.load(self.folder / RECEIVER)

    def unit(self, unit: str) -> Opener:
        """Return the key that opens the documents of a unit's people."""
        return Opener.load(self.folder / unit_file(unit))

    def kiosks(self) -> str:
        """Return the `[agency]` table for the settings of kiosks, as TOML."""
        try:
            text = (self.folder / KIOSKS).read_text("utf-8")
            tomllib.loads(text)
        except (OSError, ValueError) as error:
            raise KeyFileError(f"{self.folder / KIOSKS} cannot be read: {error}") from error
        return text


def unit_file(unit: str) -> str:
    """Return the name of a unit's key file."""
    return f"unit-{unit}.key"


def make_keys(folder: Path, units: Sequence[str]) -> list[str]:
    """Make the agency's keys and one key for each unit, and return the names of the new files. A folder that has the
    agency's keys already gets only those of the units.

    Raises:
        KeyFileError: one of the files exists already, or the folder cannot be written to.
        ContractError: a unit's name is no slug.
    """
    names = [unit_file(check_slug(unit, "unit")) for unit in dict.fromkeys(units)]
    # `kiosk-agency.toml` is written last. Where it exists, missing keys were moved to the safe and are not made again.
    known = (folder / KIOSKS).exists()
    there = [name for name in ([] if known else [AGENCY, RECEIVER, SEAL]) + names if (folder / name).exists()]
    if there:
        raise KeyFileError(f"in {folder} there is {', '.join(there)} already: keys are never overwritten")
    _make_folder(folder)
    for name in names:
        Opener.make().save(folder / name)
    return names if known else [*_make_agency(folder), *names, KIOSKS]


def _make_agency(folder: Path) -> list[str]:
    agency, receiver, seal = SigningKey.make(), SigningKey.make(), Opener.make()
    agency.save(folder / AGENCY)
    receiver.save(folder / RECEIVER)
    seal.save(folder / SEAL)
    text = _PUBLIC.format(key=agency.public.text, receiver_key=receiver.public.text, seal_to=seal.public.text)
    write_new(folder / KIOSKS, text.encode())
    return [AGENCY, RECEIVER, SEAL]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise KeyFileError(f"the folder {folder} cannot be made: {error.strerror}") from error
