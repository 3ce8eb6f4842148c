"""`kiosk enrol` and `kiosk people`."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk import build
from kiosk.cli import native
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.errors import UsageError
from kiosk.people import photos
from kiosk.settings import Settings
from sync.contract import Draft, Enrolled, EnrolledDetail, EventBody, Removed, RemovedDetail, check_slug
from sync.ledger import Ledger

app = typer.Typer(no_args_is_help=True, help="Who is enrolled on this kiosk.")


def enrol(
    pictures: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos of one person, from the front.")],
    person: Annotated[str, typer.Option(help="The agency's id of the person: a-z, 0-9 and '-'; never the NIP.")],
    name: Annotated[str, typer.Option(help="The name shown on the screen.")],
    config: ConfigOption = None,
) -> None:
    """Enrol a person from photos."""
    check_slug(person, "person id")
    if not name.strip() or not name.isprintable():
        raise UsageError(f"the name {name!r} cannot be shown on a screen; write it as the person writes it")
    settings = load_settings(config)
    with native.quiet(), build.looker(settings) as looker:
        shots = photos.shots_of(pictures, looker)
        model = looker.embedder.model
    # A ledger that cannot be used refuses before anything has changed.
    with build.ledger(settings) as ledger, build.people(settings) as people:
        people.put(person, name.strip(), model, shots, build.clock(settings).now())
        _note(settings, ledger, Enrolled(detail=EnrolledDetail(person=person, templates=len(shots), model=model)))
    say(f"{person} is enrolled from {len(shots)} photo{'s' if len(shots) > 1 else ''}")


@app.command("list")
def list_people(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Everybody who is enrolled here."""
    with build.people(load_settings(config)) as people:
        everybody = people.all()
    for person in everybody:
        if as_json:
            write_json(
                {
                    "person": person.id,
                    "name": person.name,
                    "shots": person.shots,
                    "model": person.model,
                    "enrolled_at": person.enrolled_at.isoformat(),
                }
            )
        else:
            print(f"{person.id:36}  {person.name:32}  {person.shots} shots  {person.model.partition('@')[0]}")
    if not everybody:
        say("nobody is enrolled here; see: kiosk enrol --help")


@app.command()
def remove(person: str, config: ConfigOption = None) -> None:
    """Erase a person's templates and name from this kiosk."""
    settings = load_settings(config)
    with build.ledger(settings) as ledger, build.people(settings) as people:
        templates = people.remove(person)
        _note(settings, ledger, Removed(detail=RemovedDetail(person=person, templates=templates)))
    say(f"{person} is removed with {templates} shots")


def _note(settings: Settings, ledger: Ledger, body: EventBody) -> None:
    clock = build.clock(settings)
    ledger.append(Draft(body, clock.now(), clock.stamp()))
