"""`kiosk`: the commands put together, and errors turned into one line and an exit code.

Exit codes: 0 done, 1 failure at run time, 2 wrong use.
"""

import sys
from typing import Annotated, NoReturn

import typer

from camera import CameraError, CameraUrlError, DriverMissing, SourceUnreadable
from kiosk.cli import documents, lab, ledger, models, people, screen
from kiosk.cli.daemon import doctor, run, status, voices
from kiosk.cli.listen import listen
from kiosk.cli.people import officer, pin
from kiosk.cli.replay import replay
from kiosk.runtime.errors import KioskError, PhotoError, UnknownPersonError, UsageError
from kiosk.runtime.version import VERSION
from models.errors import AssetUnknownError, ModelError
from sync.errors import ContractError, SyncError

_WRONG_USE = (
    UsageError,
    PhotoError,
    UnknownPersonError,
    CameraUrlError,
    DriverMissing,
    SourceUnreadable,
    AssetUnknownError,
    ContractError,
)
_FAILURES = (KioskError, CameraError, ModelError, SyncError)

_HELP = "Attendance by face on this device. Exit codes: 0 done, 1 failure at run time, 2 wrong use."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=_HELP)
app.command("run")(run)
lab.add(app, "demo")
app.command("replay")(replay)
app.command("status")(status)
app.command("doctor")(doctor)
app.command("voices")(voices)
lab.add(app, "evaluate")
lab.add(app, "evaluate-days")
lab.add(app, "pad-test")
lab.add(app, "calibrate")
app.command("enrol")(people.enrol)
people.app.command("pin")(pin)
people.app.command("officer")(officer)
app.add_typer(people.app, name="people")
app.add_typer(models.app, name="models")
app.add_typer(documents.app, name="documents")
app.add_typer(ledger.app, name="ledger")
app.add_typer(screen.app, name="screen")
app.command("listen")(listen)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"kiosk {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_say_version, is_eager=True)] = False,
) -> None:
    """What may stand before a command; `--version` says it and ends."""


def main() -> None:
    """Run the command that was asked for and exit. Typer itself answers wrong options, with code 2."""
    try:
        app()
    except _WRONG_USE as error:
        _end(error, 2)
    except _FAILURES as error:
        _end(error, 1)


def _end(error: Exception, code: int) -> NoReturn:
    print(f"kiosk: {error}", file=sys.stderr)
    sys.exit(code)
