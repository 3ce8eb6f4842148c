"""`kiosk-central roster`: pushes the roster of a unit, gives PINs, and lists people."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from central.commands.options import (
    DATABASE,
    AgainOption,
    AuthorityOption,
    DatabaseOption,
    JsonOption,
    KeysOption,
    MaybeBrokerOption,
    PasswordOption,
    RootOption,
    StickOption,
    UnitOption,
    destination,
    opened,
    say,
)
from central.errors import WrongUseError
from central.keys import AgencyKeys
from central.roster.pins import draw_slips, keep_slips
from central.roster.push import check_leavers, keep_roster, known_people, read_roster, units_with_people
from central.store.documents import ROSTER, UnitDocuments
from sync.contract import check_slug
from sync.contract.topics import DEFAULT_ROOT
from sync.nip import masked

app = typer.Typer(no_args_is_help=True, help="Who may be recognised in a unit.")


@app.command("push")
def push(
    file: Annotated[Path, typer.Argument(help="CSV or xlsx, with a line of headings: nama, nip, sapaan, ...")],
    unit: UnitOption,
    keys: KeysOption,
    photos: Annotated[Path | None, typer.Option(help="<id, NIP or internal number>*.jpg or .png, 1 to 5 each.")] = None,
    broker: MaybeBrokerOption = None,
    to: StickOption = None,
    again: AgainOption = False,
    although_fewer: Annotated[
        bool, typer.Option(help="Push although more than a fifth of the unit is not in the file.")
    ] = False,
    root: RootOption = DEFAULT_ROOT,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    database: DatabaseOption = DATABASE,
) -> None:
    """Make a file the roster of a unit: who is new in it comes, who is not in it any more is erased at the kiosks."""
    target, folder, now = (
        destination(broker, root, password_file, ca_file, to, again),
        AgencyKeys(keys),
        datetime.now().astimezone(),
    )
    agency, opener = folder.agency(), folder.unit(check_slug(unit, "unit"))
    with opened(database) as store:
        roster = read_roster(store, unit, opener, file, photos, now)
        for note in roster.notes:
            say(f"note: {note}")
        if not although_fewer:
            check_leavers(store, unit, roster)
        report = keep_roster(store, unit, roster, agency, opener, now)
        say(
            f"{unit}: {report.people} people, {report.changed} new or changed, {report.removed} removed; "
            f"version {report.version}"
        )
        target.hand_over(store, unit, ROSTER)


@app.command("pin")
def pin(
    unit: UnitOption,
    keys: KeysOption,
    people: Annotated[list[str] | None, typer.Argument(metavar="PERSON", help="Ids, as in `roster list`.")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="All who have a NIP and no PIN yet.")] = False,
    broker: MaybeBrokerOption = None,
    to: StickOption = None,
    root: RootOption = DEFAULT_ROOT,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    database: DatabaseOption = DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Give people new PINs, and write what to hand to each of them. It is told this once: only hashes are kept."""
    if everybody is bool(people):
        raise WrongUseError("say who is to have a new PIN: ids of people, or --everybody who has none")
    target, folder = destination(broker, root, password_file, ca_file, to, again=False), AgencyKeys(keys)
    agency, opener = folder.agency(), folder.unit(check_slug(unit, "unit"))
    with opened(database) as store:
        slips = draw_slips(store, unit, opener, people or ())
        version = keep_slips(store, unit, slips, agency, opener, datetime.now().astimezone())
        for slip in slips:
            facts = {"person": slip.person, "name": slip.name, "nip": masked(slip.nip), "pin": slip.pin}
            print(json.dumps(facts) if as_json else "{name}, NIP {nip}: PIN {pin}".format(**facts), flush=True)
        say(f"{unit}: {len(slips)} new PINs; version {version}")
        target.hand_over(store, unit, ROSTER)


@app.command("list")
def list_people(
    unit: Annotated[str | None, typer.Option(help="Of this unit alone.")] = None,
    database: DatabaseOption = DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Everybody who is on a roster: id, version of the document, name."""
    with opened(database) as store, store.transaction() as connection:
        for office in [unit] if unit else units_with_people(connection):
            versions = {
                p.about: p.version for p in UnitDocuments(connection, office).named(["person"]) if not p.withdrawn
            }
            for person in known_people(connection, office):
                if person.id in versions:
                    facts = {"unit": office, "person": person.id, "version": versions[person.id], "name": person.name}
                    print(json.dumps(facts) if as_json else "{unit}/{person} {version} {name}".format(**facts))
