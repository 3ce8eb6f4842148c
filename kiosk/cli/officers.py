"""`kiosk people pin` and `kiosk people officer`, for kiosks whose people no roster of the agency describes."""

from typing import Annotated

import typer

from kiosk import build
from kiosk.cli.output import ConfigOption, load_settings, say
from kiosk.errors import UnknownPersonError, UsageError
from kiosk.people import Details, People
from sync.contract import Draft, OfficerChanged, OfficerChangedDetail, PinSet, PinSetDetail
from sync.nip import read_nip
from sync.pin import hashed, weakness


def pin(person: str, config: ConfigOption = None) -> None:
    """Give a person a PIN, and their NIP if it is not known yet: both are asked for."""
    settings = load_settings(config)
    with build.ledger(settings) as ledger, build.people(settings) as people:
        clock = build.clock(settings, ledger.last_at)
        details = _own(people, person)
        if details.nip is None:
            nip = read_nip(typer.prompt("NIP", err=True), clock.moment().latest.date()).digits
            if any(other.details.nip == nip for other in people.all()):
                raise UsageError("somebody else who is enrolled here has this NIP; see: kiosk people list")
            details = details.model_copy(update={"nip": nip})
        given = typer.prompt("PIN", hide_input=True, confirmation_prompt=True, err=True)
        if (why := weakness(given, details.nip)) is not None:
            raise UsageError(f"this PIN is not taken: {why}; choose another")
        people.amend(person, details.model_copy(update={"pin": hashed(given)}))
        ledger.append(Draft(PinSet(detail=PinSetDetail(person=person)), clock.moment()))
    say(f"{person} has a PIN")


def officer(
    person: str,
    remove: Annotated[bool, typer.Option("--remove", help="They are no officer any more.")] = False,
    config: ConfigOption = None,
) -> None:
    """Make a person an officer, who may enrol people at the screen."""
    settings = load_settings(config)
    with build.ledger(settings) as ledger, build.people(settings) as people:
        clock = build.clock(settings, ledger.last_at)
        details = _own(people, person)
        if details.officer is remove:
            people.amend(person, details.model_copy(update={"officer": not remove}))
            body = OfficerChanged(detail=OfficerChangedDetail(person=person, officer=not remove))
            ledger.append(Draft(body, clock.moment()))
    say(f"{person} is {'no officer any more' if remove else 'an officer'}")
    if details.pin is None and not remove:
        say(f"an officer signs in with NIP and PIN: give them a PIN with: kiosk people pin {person}")


def _own(people: People, person: str) -> Details:
    """The details of somebody whom this kiosk itself describes."""
    found = next((known for known in people.all() if known.id == person), None)
    if found is None:
        raise UnknownPersonError(f"nobody with id {person!r} is enrolled here; see: kiosk people list")
    if found.origin == "roster":
        raise UsageError(
            f"the agency's roster says what {person} may do: there the column 'officer' makes officers, and "
            "`kiosk-central roster pin` gives PINs"
        )
    return found.details
