"""Options that several commands share, and the destination of documents: a broker, a USB stick, or both."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from central.broker import broker_settings
from central.documents.publishing import publish_pending, write_stick
from central.errors import WrongUseError
from central.store.database import CentralDatabase
from central.store.documents import UnitDocuments
from sync.mqtt.broker import BrokerSettings

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
def opened(url: str) -> Iterator[CentralDatabase]:
    """Open the database, with the newest schema, and close it when the block ends."""
    database = CentralDatabase(url)
    try:
        database.create()
        yield database
    finally:
        database.close()


def say(text: str) -> None:
    """Print a message for the person at the terminal on standard error, apart from the result."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where documents go: to the broker of `settings`, into the folder `stick`, or both. With `again`, documents that a
    broker has had are published again."""

    root: str
    settings: BrokerSettings | None
    stick: Path | None
    again: bool

    def hand_over(self, database: CentralDatabase, unit: str, kinds: Collection[str]) -> None:
        """Write the unit's documents of these kinds to the stick, and publish those that no broker has."""
        if self.again:
            with database.transaction() as connection:
                UnitDocuments(connection, unit).forget_published(kinds)
        if self.stick is not None:
            say(f"{write_stick(database, unit, kinds, self.stick)} documents are in {self.stick}")
        if self.settings is not None:
            say(f"{publish_pending(database, unit, kinds, self.settings, self.root)} documents published")


def destination(
    broker: str | None, root: str, password_file: Path | None, ca_file: Path | None, stick: Path | None, again: bool
) -> Destination:
    """Return the destination that the options name. Raises WrongUseError when they name none."""
    if broker is None and stick is None:
        raise WrongUseError("say where the documents go: --broker URL, --to FOLDER, or both")
    settings = None if broker is None else broker_settings(broker, password_file, ca_file)
    return Destination(root, settings, stick, again)
