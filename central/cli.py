"""The commands of `kiosk-central`. Exit codes: 0 done, 1 failure at run time, 2 wrong use."""

import json
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy import select

from central.broker import broker_settings
from central.commands import command, data, policy, roster
from central.commands.options import (
    DATABASE,
    AuthorityOption,
    BrokerOption,
    DatabaseOption,
    JsonOption,
    PasswordOption,
    RootOption,
    opened,
    say,
)
from central.conformance.run import conformance
from central.errors import CentralError, KioskConflictError, WrongUseError
from central.receiver import Receiver
from central.store.gaps import all_gaps
from central.store.kiosks import add_kiosk
from central.store.rejects import tally
from central.store.tables import entries as entry_table
from central.store.tables import kiosks as kiosk_table
from sync.contract import Entry, RecordEntry, parse_entry
from sync.contract.topics import DEFAULT_ROOT
from sync.errors import ContractError, KeyFileError, SyncError
from sync.signing import PublicKey, SigningKey

_HELP = "The reference receiver of kiosks' entries. Exit codes: 0 done, 1 failure at run time, 2 wrong use."

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=_HELP)
kiosks = typer.Typer(no_args_is_help=True, help="The kiosks whose entries are taken.")
app.add_typer(kiosks, name="kiosks")
app.add_typer(data.app, name="keys")
app.add_typer(roster.app, name="roster")
app.add_typer(policy.app, name="policy")
app.add_typer(data.evidence, name="evidence")
app.add_typer(data.enrolments, name="enrolments")
app.command("command")(command.command)
app.command("import")(data.import_packages)
app.command()(conformance)


@app.command()
def receive(
    broker: BrokerOption,
    database: DatabaseOption = DATABASE,
    root: RootOption = DEFAULT_ROOT,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    key: Annotated[Path | None, typer.Option(help="The receiver's signing key; kiosks have its public half.")] = None,
) -> None:
    """Store what kiosks send, and answer with receipts, until stopped. Several may run side by side."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = broker_settings(broker, password_file, ca_file)
    with opened(database) as store:
        receiver = Receiver(settings, root, store, SigningKey.load(key) if key else None)
        receiver.run(stop, ready=lambda: say(f"receiving from {broker}"))


@kiosks.command("add")
def add(
    unit: str,
    kiosk: str,
    keyfile: Annotated[Path, typer.Argument(help="Its public key: what `kiosk ledger key` prints.")],
    signed_from: Annotated[
        int, typer.Option(min=1, help="First entry that must be signed, for a kiosk older than signatures.")
    ] = 1,
    database: DatabaseOption = DATABASE,
) -> None:
    """Take a kiosk's entries from now on."""
    with opened(database) as store:
        add_kiosk(store, unit, kiosk, PublicKey.load(keyfile), signed_from)


@kiosks.command("list")
def list_kiosks(database: DatabaseOption = DATABASE, as_json: JsonOption = False) -> None:
    """Every kiosk, and up to where its entries are complete."""
    query = select(kiosk_table).order_by(kiosk_table.c.unit, kiosk_table.c.kiosk)
    with opened(database) as store, store.transaction() as connection:
        for row in connection.execute(query).mappings():
            text = f"{row['unit']}/{row['kiosk']}: complete up to {row['through_seq']}"
            print(json.dumps(dict(row)) if as_json else text)


@app.command()
def gaps(database: DatabaseOption = DATABASE, as_json: JsonOption = False) -> None:
    """What is missing: numbers that are not stored though later ones are; `lost` ones will never come."""
    with opened(database) as store, store.transaction() as connection:
        for unit, kiosk, gap in all_gaps(connection):
            facts = {"unit": unit, "kiosk": kiosk, "first": gap.first, "last": gap.last, "lost": gap.lost}
            text = f"{unit}/{kiosk}: {gap.first} to {gap.last}{', lost for ever' if gap.lost else ''}"
            print(json.dumps(facts) if as_json else text)


@app.command()
def entries(
    kiosk: Annotated[str | None, typer.Option(help="Of this kiosk alone.")] = None,
    database: DatabaseOption = DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Every stored entry, in order; with --json byte for byte as the kiosk signed it."""
    query = select(entry_table).order_by(entry_table.c.kiosk, entry_table.c.seq).execution_options(yield_per=500)
    if kiosk is not None:
        query = query.where(entry_table.c.kiosk == kiosk)
    with opened(database) as store, store.transaction() as connection:
        for row in connection.execute(query):
            text = f"{row.kiosk} #{row.seq} {row.hash[:16]}"
            print(row.payload.decode() if as_json else text + _no_camera(parse_entry(row.payload)))


def _no_camera(entry: Entry) -> str:
    """Return a note for a record whose picture was not from a camera, an empty text for other entries."""
    source = entry.body.source if isinstance(entry, RecordEntry) else None
    return "" if source in ("camera", None) else f" no attendance: made before no camera ({source})"


@app.command()
def rejected(database: DatabaseOption = DATABASE, as_json: JsonOption = False) -> None:
    """How many messages were not stored, by reason; the database holds each with its beginning."""
    with opened(database) as store, store.transaction() as connection:
        counts = tally(connection)
    if as_json:
        print(json.dumps(counts))
    else:
        for problem, times in counts.most_common():
            print(f"{problem}: {times}")


def main() -> None:
    """Run the command in the arguments of the process and exit."""
    try:
        app()
    except (WrongUseError, KioskConflictError, ContractError, KeyFileError) as error:
        _end(error, 2)
    except (CentralError, SyncError) as error:
        _end(error, 1)


def _end(error: Exception, code: int) -> NoReturn:
    say(f"kiosk-central: {error}")
    sys.exit(code)
