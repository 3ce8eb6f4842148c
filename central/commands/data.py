"""`kiosk-central keys`, `import`, `evidence` and `enrolments`: key files, packages on USB sticks, sealed parcels."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import func, select

from central.commands.options import DATABASE, DatabaseOption, JsonOption, opened, say
from central.importing import Imported, Importer, answer
from central.keys import AGENCY, KIOSKS, RECEIVER, SEAL, AgencyKeys, make_keys
from central.parcels import open_evidence, save_picture
from central.store.tables import parcels
from sync.documents.sealing import Opener
from sync.export.reading import Flaw
from sync.signing import SigningKey

app = typer.Typer(no_args_is_help=True, help="The agency's keys.")

_WHITHER: Final = {
    AGENCY: "signs rosters and policies: a safe, and where they are pushed from",
    RECEIVER: "signs receipts and commands: the server, for `receive --key`",
    SEAL: "opens evidence and enrolments: a safe",
    KIOSKS: "its table goes into the settings of every kiosk; it is no secret",
}
_UNIT: Final = "opens the documents of the unit's people: each kiosk of this unit, and where rosters are pushed from"


@app.command("new")
def new(
    folder: Path,
    unit: Annotated[list[str], typer.Option(help="An office; give it once for each.")],
) -> None:
    """Make the agency's keys and one for each unit; later, those of more units. Nothing is overwritten."""
    for name in make_keys(folder, unit):
        say(f"{folder / name}: {_WHITHER.get(name, _UNIT)}")
    say("a copy of each secret belongs in a safe: what a lost key signs or opens is lost with it")
    print(AgencyKeys(folder).kiosks(), end="")


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


evidence = typer.Typer(no_args_is_help=True, help="The faces that kiosks saw, sealed to the agency.")
enrolments = typer.Typer(no_args_is_help=True, help="People who were enrolled at a kiosk.")


@evidence.command("open")
def open_one(
    record: Annotated[str, typer.Argument(help="The id of the record.")],
    key: Annotated[Path, typer.Option(help="agency-seal.key")],
    out: Annotated[Path, typer.Option(help="The picture to write, where there is none yet.")],
    database: DatabaseOption = DATABASE,
) -> None:
    """Open the evidence of one record, into a file that only you can read."""
    opener = Opener.load(key)
    with opened(database) as store, store.transaction() as connection:
        picture = open_evidence(connection, record, opener)
    save_picture(picture, out)
    say(f"{out}: {len(picture)} bytes. It is somebody's face: delete it when it is no longer needed")


@enrolments.command("list")
def list_enrolments(database: DatabaseOption = DATABASE, as_json: JsonOption = False) -> None:
    """Whose templates came from which kiosk; they stay sealed."""
    columns = (parcels.c.unit, parcels.c.kiosk, parcels.c.key.label("person"), parcels.c.received_at, parcels.c.sha256)
    query = select(*columns, func.length(parcels.c.sealed).label("bytes")).where(parcels.c.kind == "enrolment")
    with opened(database) as store, store.transaction() as connection:
        for row in connection.execute(query.order_by(parcels.c.received_at, parcels.c.key)).mappings():
            text = f"{row['received_at']} {row['unit']}/{row['kiosk']}: {row['person']}, {row['bytes']} bytes"
            print(json.dumps(dict(row)) if as_json else text)
