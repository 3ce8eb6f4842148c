"""`kiosk-central keys`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from central.commands.options import say
from central.keys import AGENCY, KIOSKS, RECEIVER, SEAL, Keys, make_keys

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
    print(Keys(folder).kiosks(), end="")
