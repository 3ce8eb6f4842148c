"""How documents are handed to kiosks: by a broker, on a stick, or both."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from central.broker_url import broker_settings
from central.commands.options import say
from central.documents.publishing import publish_pending
from central.documents.stick import write_stick
from central.errors import UsageError
from central.store.database import Database
from central.store.documents import Shelf
from sync.broker import BrokerSettings


@dataclass(frozen=True, slots=True)
class Ways:
    """Where to."""

    root: str
    settings: BrokerSettings | None
    stick: Path | None
    again: bool

    def hand_over(self, database: Database, unit: str, kinds: Collection[str]) -> None:
        """Give the unit's kiosks what they do not have yet."""
        if self.again:
            with database.transaction() as connection:
                Shelf(connection, unit).forget_published(kinds)
        if self.stick is not None:
            say(f"{write_stick(database, unit, kinds, self.stick)} documents are in {self.stick}")
        if self.settings is not None:
            say(f"{publish_pending(database, unit, kinds, self.settings, self.root)} documents published")


def ways(
    broker: str | None, root: str, password_file: Path | None, ca_file: Path | None, stick: Path | None, again: bool
) -> Ways:
    """Read the options. UsageError when none says where to."""
    if broker is None and stick is None:
        raise UsageError("say where the documents go: --broker URL, --to FOLDER, or both")
    settings = None if broker is None else broker_settings(broker, password_file, ca_file)
    return Ways(root, settings, stick, again)
