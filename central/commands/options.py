"""The options that several commands have."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from central.store.database import Database

DATABASE: Final = "sqlite:///central.db"

DatabaseOption = Annotated[str, typer.Option("--database", help="sqlite:///FILE or postgresql://USER@HOST/NAME.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]
BrokerOption = Annotated[str, typer.Option(help="mqtt://[USER@]HOST[:PORT], or mqtts:// for TLS.")]
MaybeBrokerOption = Annotated[str | None, typer.Option(help="mqtt://[USER@]HOST[:PORT], or mqtts:// for TLS.")]
RootOption = Annotated[str, typer.Option(help="What the topics begin with.")]
PasswordOption = Annotated[Path | None, typer.Option(help="Holds the password of USER.")]
AuthorityOption = Annotated[Path | None, typer.Option(help="Authorities instead of the system's, for TLS.")]
KeysOption = Annotated[Path, typer.Option(help="The folder of `keys new`.")]
UnitOption = Annotated[str, typer.Option(help="The office.")]
StickOption = Annotated[Path | None, typer.Option("--to", help="Write the documents into this folder, a USB stick.")]
AgainOption = Annotated[bool, typer.Option("--again", help="Publish also what a broker has had: one that forgot it.")]


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database, up to date."""
    database = Database(url)
    try:
        database.create()
        yield database
    finally:
        database.close()


def say(text: str) -> None:
    """To the person who looks on, beside the result."""
    print(text, file=sys.stderr, flush=True)
