"""`kiosk-central command`: sends a command to a kiosk and prints its answer."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import typer
from pydantic import ValidationError

from central.broker import ask, broker_settings, version_at
from central.commands.options import AuthorityOption, BrokerOption, JsonOption, KeysOption, PasswordOption, RootOption
from central.errors import WrongUseError
from central.keys import AgencyKeys
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.command import COMMAND, Command, Reply

What = Literal["report", "reload", "say", "resend_from"]


def command(
    unit: str,
    kiosk: str,
    what: What,
    value: Annotated[str | None, typer.Argument(help="The text to `say`, or the number to `resend_from`.")] = None,
    *,
    broker: BrokerOption,
    keys: KeysOption,
    to: Annotated[int | None, typer.Option(min=1, help="The last number to send again; without it, all.")] = None,
    wait_s: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for the answer.")] = 10.0,
    root: RootOption = DEFAULT_ROOT,
    password_file: PasswordOption = None,
    ca_file: AuthorityOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask something of a kiosk, and print its answer."""
    asked = _command(unit, kiosk, what, value, to)
    reply = ask(broker_settings(broker, password_file, ca_file), root, asked, AgencyKeys(keys).receiver(), wait_s)
    print(reply.model_dump_json() if as_json else _text(reply))
    if not reply.done:
        raise typer.Exit(1)


def _command(unit: str, kiosk: str, what: What, value: str | None, to: int | None) -> Command:
    if (value is not None) != (what in ("say", "resend_from")) or (to is not None and what != "resend_from"):
        raise WrongUseError("one of: report, reload, say TEXT, resend_from NUMBER [--to NUMBER]")
    now = datetime.now(UTC)
    values: dict[str, object] = {"command": what, "unit": unit, "kiosk": kiosk, "version": version_at(now), "at": now}
    if what == "say":
        values["text"] = value
    if what == "resend_from":
        values |= {"seq": int(value) if value and value.isdecimal() else value, "through_seq": to}
    try:
        return COMMAND.validate_python(values)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        raise WrongUseError(f"{wrong['loc'][-1]}: {wrong['msg']}") from error


def _text(reply: Reply) -> str:
    facts = (f"{name}: {value}" for name, value in reply.facts.items())
    return "\n".join([reply.text, *facts])
