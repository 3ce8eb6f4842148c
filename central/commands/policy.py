"""`kiosk-central policy`: makes a file the policy of a unit, and shows it."""

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
from central.documents.policies import keep_policy, read_policy, stage_at
from central.errors import WrongUseError
from central.keys import AgencyKeys
from central.store.documents import POLICY, UnitDocuments
from sync.contract import check_slug
from sync.contract.topics import DEFAULT_ROOT

app = typer.Typer(no_args_is_help=True, help="The rules of a unit: stages, schedules, holidays.")


@app.command("push")
def push(
    file: Annotated[Path, typer.Argument(help="TOML; central/examples has one.")],
    unit: UnitOption,
    keys: KeysOption,
    although_back: Annotated[bool, typer.Option(help="Let the unit go back to an earlier stage.")] = False,
    broker: MaybeBrokerOption = None,
    to: StickOption = None,
    again: AgainOption = False,
    root: RootOption = DEFAULT_ROOT,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    database: DatabaseOption = DATABASE,
) -> None:
    """Make a file the policy of a unit."""
    target, now = destination(broker, root, password_file, ca_file, to, again), datetime.now().astimezone()
    policy = read_policy(file, check_slug(unit, "unit"), now)
    agency = AgencyKeys(keys).agency()
    with opened(database) as store:
        version = keep_policy(store, policy, agency, now, although_back=although_back)
        say(f"{unit}: policy of version {version}, stage {stage_at(policy, now)} now")
        target.hand_over(store, unit, POLICY)


@app.command("show")
def show(unit: str, database: DatabaseOption = DATABASE, as_json: JsonOption = False) -> None:
    """The policy of a unit, as it was pushed last."""
    with opened(database) as store, store.transaction() as connection:
        payload = UnitDocuments(connection, unit).payload("policy", unit)
    if not payload:
        raise WrongUseError(f"there is no policy of {unit}: `policy push` gives it one")
    print(payload.decode() if as_json else json.dumps(json.loads(payload), indent=2, ensure_ascii=False))
