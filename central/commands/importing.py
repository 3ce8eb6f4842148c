"""`kiosk-central import`: what a kiosk without a network exported."""

import json
from pathlib import Path
from typing import Annotated

import typer

from central.commands.options import DATABASE, DatabaseOption, JsonOption, opened, say
from central.importing import Imported, Importer, answer
from sync.documents.sealing import Opener
from sync.export.reading import Flaw
from sync.signing import SigningKey


def import_packages(
    folder: Annotated[Path, typer.Argument(help="Where `kiosk ledger export` wrote: a stick.")],
    open_with: Annotated[Path | None, typer.Option(help="The agency's opening key, for what is sealed to it.")] = None,
    key: Annotated[Path | None, typer.Option(help="The receiver's signing key: leaves receipts in the folder.")] = None,
    database: DatabaseOption = DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Store the entries that a kiosk without a network exported, and leave its receipt beside them.

    Once more changes nothing. Fails when a package cannot be taken or is missing; the others are stored.
    """
    signing = None if key is None else SigningKey.load(key)
    with opened(database) as store:
        imported, flaws = Importer(store, None if open_with is None else Opener.load(open_with)).take(folder)
        if signing is not None:
            answer(folder, imported, signing)
    _tell(imported, flaws, as_json)
    if flaws:
        raise typer.Exit(1)


def _tell(imported: list[Imported], flaws: list[Flaw], as_json: bool) -> None:
    for kiosk in imported:
        counts = {"stored": kiosk.stored, "known": kiosk.known, "rejected": kiosk.rejected}
        missing = [{"first": gap.first, "last": gap.last} for gap in kiosk.gaps]
        if as_json:
            print(json.dumps({"unit": kiosk.unit, "kiosk": kiosk.kiosk, **counts, "gaps": missing}))
        else:
            told = ", ".join(f"{count} {what}" for what, count in counts.items())
            gaps_told = "".join(f", {gap.first} to {gap.last} missing" for gap in kiosk.gaps)
            print(f"{kiosk.unit}/{kiosk.kiosk}: {told}{gaps_told}")
    for flaw in flaws:
        say(flaw.text if flaw.package is None else f"{flaw.package}: {flaw.text}")
