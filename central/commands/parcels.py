"""`kiosk-central evidence` and `kiosk-central enrolments`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import func, select

from central.commands.options import DATABASE, DatabaseOption, JsonOption, opened, say
from central.parcels.evidence import open_evidence, save_picture
from central.store.tables import parcels
from sync.documents.sealing import Opener

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
