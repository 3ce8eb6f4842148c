"""`kiosk enrol` and `kiosk people`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from camera import open_camera
from kiosk import build
from kiosk.cli import native
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.errors import UsageError
from kiosk.people import Details, People, Shot, Standard, enrolment, from_camera, photos, stored_roll
from kiosk.people.enrolment import Examination
from kiosk.people.sharing import share
from kiosk.screen.catalogue import Words
from kiosk.settings import Settings
from sync.contract import Draft, Enrolled, EnrolledDetail, Removed, RemovedDetail, check_slug

_LONGEST_NAME = 100

app = typer.Typer(no_args_is_help=True, help="Who is enrolled on this kiosk.")


def enrol(
    person: Annotated[str, typer.Option(help="The agency's id of the person: a-z, 0-9 and '-'; never the NIP.")],
    name: Annotated[str, typer.Option(help="The name shown on the screen.")],
    pictures: Annotated[list[Path] | None, typer.Argument(metavar="[PHOTO]...", help="3 to 5 photos of them.")] = None,
    camera: Annotated[str | None, typer.Option(help="Take the shots from this camera instead, a camera URL.")] = None,
    although_alike: Annotated[
        bool, typer.Option(help="Enrol although somebody enrolled has this face (twins).")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Enrol a person from photos or from a camera."""
    check_slug(person, "person id")
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"the name {name[:_LONGEST_NAME]!r} cannot be shown on a screen; write it as the person writes it, "
            f"in at most {_LONGEST_NAME} characters"
        )
    if bool(pictures) == (camera is not None):
        raise UsageError("give photos, or --camera with a camera URL")
    settings = load_settings(config)
    with native.quiet(), build.looker(settings) as looker:
        standard = build.standard(settings, looker.embedder)
        if camera is not None:
            with open_camera(camera, mesh_of=build.mesh_of) as source:
                shots = from_camera.shots_of(source, looker, standard.same_person, say, Words("en"))
        else:
            shots = photos.shots_of(pictures or [], looker, say)
    # A ledger that cannot be used refuses before anything has changed.
    with build.ledger(settings) as ledger, build.people(settings) as people:
        examination = _examine(person, shots, people, standard, although_alike)
        model = standard.calibration.model
        moment = build.clock(settings, ledger.last_at).moment()
        people.put(person, Details(name=name.strip()), model, shots, moment.at)
        detail = EnrolledDetail(person=person, templates=len(shots), model=model)
        ledger.append(Draft(Enrolled(detail=detail), moment))
    _share(settings, person, name.strip(), model, shots, moment.at)
    _explain(person, examination)


def _examine(
    person: str, shots: Sequence[Shot], people: People, standard: Standard, although_alike: bool
) -> Examination:
    return enrolment.examine(person, shots, stored_roll(people, standard), standard, although_alike=although_alike)


def _share(settings: Settings, person: str, name: str, model: str, shots: Sequence[Shot], at: datetime) -> None:
    seal_to = settings.agency.pinned().seal_to
    if seal_to is not None:
        with build.parcels(settings) as parcels:
            share(parcels, seal_to, build.topics(settings), person, name, model, shots, at)


def _explain(person: str, examination: Examination) -> None:
    template = examination.template
    for number, agreement in enumerate(template.agreement, 1):
        if number - 1 in template.set_aside:
            say(f"shot {number} does not look like the others ({agreement:.3f}) and is set aside")
        elif agreement is not None:
            say(f"shot {number} agrees with the others ({agreement:.3f})")
    for other, score in examination.look_alikes:
        say(f"{other} looks alike (score {score:.3f}): for these two a match needs a wider margin")
    used = len(template.agreement) - len(template.set_aside)
    say(f"{person} is enrolled from {used} shot{'s' if used > 1 else ''}")
    if used < enrolment.ENOUGH:
        say(f"that is few: many visits will not be recognised; give {enrolment.ENOUGH} to {enrolment.MOST} shots")


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
                    "name": person.details.name,
                    "shots": person.shots,
                    "model": person.model,
                    "enrolled_at": person.enrolled_at.isoformat(),
                }
            )
        else:
            print(f"{person.id:36}  {person.details.name:32}  {person.shots} shots  {person.model.partition('@')[0]}")
    if not everybody:
        say("nobody is enrolled here; see: kiosk enrol --help")


@app.command("look-alikes")
def look_alikes(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Pairs of enrolled people whom the model can hardly tell apart."""
    settings = load_settings(config)
    with native.quiet(), build.people(settings) as people:
        standard = build.standard(settings, build.embedder(settings))
        roll = stored_roll(people, standard)
    for one, other, score in roll.gallery.look_alikes(roll.acceptance.threshold):
        if as_json:
            write_json({"people": [one, other], "score": round(score, 4)})
        else:
            print(f"{one} ({roll.names[one]})  {other} ({roll.names[other]})  {score:.3f}")
    if not roll.look_alikes:
        say(f"nobody among {len(roll.gallery)} comes closer to another than {roll.acceptance.threshold:.3f}")


@app.command()
def remove(person: str, config: ConfigOption = None) -> None:
    """Erase a person's templates, name and evidence from this kiosk."""
    settings = load_settings(config)
    with build.ledger(settings) as ledger, build.people(settings) as people, build.parcels(settings) as parcels:
        known = people.standing().get(person)
        templates = people.remove(person)
        parcels.forget(person)
        body = Removed(detail=RemovedDetail(person=person, templates=templates))
        ledger.append(Draft(body, build.clock(settings, ledger.last_at).moment()))
    say(f"{person} is removed with {templates} shots")
    if known is not None and known.origin == "roster":
        say("the agency's roster names this person and brings them back: have them taken off the roster")
