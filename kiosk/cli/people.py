"""`kiosk enrol` and `kiosk people`: enrols, lists and removes people, sets PINs, and makes officers."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from camera import open_camera
from kiosk import console
from kiosk.app import parts
from kiosk.console import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.enrolment.examination import ENOUGH, MOST, Examination, examine
from kiosk.enrolment.local import share_templates
from kiosk.enrolment.poses import shots_from_camera
from kiosk.enrolment.shots import shots_from_photos
from kiosk.people import Details, MatchPolicy, People, Shot, stored_gallery
from kiosk.runtime.errors import UnknownPersonError, UsageError
from kiosk.screen.catalogue import Words
from kiosk.settings import Settings
from sync.contract import (
    Draft,
    Enrolled,
    EnrolledDetail,
    OfficerChanged,
    OfficerChangedDetail,
    PinSet,
    PinSetDetail,
    Removed,
    RemovedDetail,
    ShotsDropped,
    ShotsDroppedDetail,
    check_slug,
)
from sync.nip import read_nip
from sync.pin import hashed, weakness

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
    with console.quiet(), parts.pipeline(settings) as pipeline:
        match_policy = parts.match_policy(settings, pipeline.embedder)
        if camera is not None:
            with open_camera(camera, mesh_of=parts.mesh_of) as source:
                shots = shots_from_camera(source, pipeline, match_policy.same_person, say, Words("en"))
        else:
            shots = shots_from_photos(pictures or [], pipeline, say)
    # The ledger is opened first: when it cannot be used, nothing has changed yet.
    with parts.ledger(settings) as ledger, parts.people(settings) as people:
        examination = _examine(person, shots, people, match_policy, although_alike)
        model = match_policy.calibration.model
        moment = parts.clock(settings, ledger.last_at).moment()
        people.put(person, Details(name=name.strip()), model, shots, moment.at)
        detail = EnrolledDetail(person=person, templates=len(shots), model=model)
        ledger.append(Draft(Enrolled(detail=detail), moment))
    _share(settings, person, name.strip(), model, shots, moment.at)
    _explain(person, examination)


def _examine(
    person: str, shots: Sequence[Shot], people: People, match_policy: MatchPolicy, although_alike: bool
) -> Examination:
    return examine(person, shots, stored_gallery(people, match_policy), match_policy, although_alike=although_alike)


def _share(settings: Settings, person: str, name: str, model: str, shots: Sequence[Shot], at: datetime) -> None:
    seal_to = settings.agency.pinned().seal_to
    if seal_to is not None:
        with parts.parcels(settings) as parcels:
            share_templates(parcels, seal_to, parts.topics(settings), person, name, model, shots, at)


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
    if used < ENOUGH:
        say(f"that is few: many visits will not be recognised; give {ENOUGH} to {MOST} shots")


@app.command("list")
def list_people(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Everybody who is enrolled here."""
    with parts.people(load_settings(config)) as people:
        everybody, later = people.all(), people.later_days()
    for person in everybody:
        taken = later.get(person.id, [])
        if as_json:
            write_json(
                {
                    "person": person.id,
                    "name": person.details.name,
                    "shots": person.shots,
                    "model": person.model,
                    "enrolled_at": person.enrolled_at.isoformat(),
                    "later": [{"day": day.isoformat(), "score": round(score, 4)} for day, score in taken],
                }
            )
        else:
            shots = f"{person.shots} shots" + (f" and {len(taken)} of later visits" if taken else "")
            print(f"{person.id:36}  {person.details.name:32}  {shots}  {person.model.partition('@')[0]}")
    if not everybody:
        say("nobody is enrolled here; see: kiosk enrol --help")


@app.command("look-alikes")
def look_alikes(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Pairs of enrolled people whom the model can hardly tell apart."""
    settings = load_settings(config)
    with console.quiet(), parts.people(settings) as people:
        match_policy = parts.match_policy(settings, parts.embedder(settings))
        gallery = stored_gallery(people, match_policy)
    for one, other, score in gallery.templates.look_alikes(gallery.acceptance.threshold):
        if as_json:
            write_json({"people": [one, other], "score": round(score, 4)})
        else:
            print(f"{one} ({gallery.names[one]})  {other} ({gallery.names[other]})  {score:.3f}")
    if not gallery.look_alikes:
        say(f"nobody among {len(gallery.templates)} comes closer to another than {gallery.acceptance.threshold:.3f}")


@app.command("drop-later")
def drop_later(person: str, config: ConfigOption = None) -> None:
    """Erase the shots that were taken at a person's later visits: the enrolment alone counts again."""
    settings = load_settings(config)
    with parts.ledger(settings) as ledger, parts.people(settings) as people:
        dropped = people.drop_later(person)
        if dropped:
            body = ShotsDropped(detail=ShotsDroppedDetail(person=person, dropped=dropped))
            ledger.append(Draft(body, parts.clock(settings, ledger.last_at).moment()))
    say(f"{dropped} shots of later visits of {person} are dropped")


@app.command()
def remove(person: str, config: ConfigOption = None) -> None:
    """Erase a person's templates, name and evidence from this kiosk."""
    settings = load_settings(config)
    with parts.ledger(settings) as ledger, parts.people(settings) as people, parts.parcels(settings) as parcels:
        status = people.statuses().get(person)
        templates = people.remove(person)
        parcels.forget(person)
        body = Removed(detail=RemovedDetail(person=person, templates=templates))
        ledger.append(Draft(body, parts.clock(settings, ledger.last_at).moment()))
    say(f"{person} is removed with {templates} shots")
    if status is not None and status.origin == "roster":
        say("the agency's roster names this person and brings them back: have them taken off the roster")


def pin(person: str, config: ConfigOption = None) -> None:
    """Give a person a PIN, and their NIP if it is not known yet: both are asked for."""
    settings = load_settings(config)
    with parts.ledger(settings) as ledger, parts.people(settings) as people:
        clock = parts.clock(settings, ledger.last_at)
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
    with parts.ledger(settings) as ledger, parts.people(settings) as people:
        clock = parts.clock(settings, ledger.last_at)
        details = _own(people, person)
        if details.officer is remove:
            people.amend(person, details.model_copy(update={"officer": not remove}))
            body = OfficerChanged(detail=OfficerChangedDetail(person=person, officer=not remove))
            ledger.append(Draft(body, clock.moment()))
    say(f"{person} is {'no officer any more' if remove else 'an officer'}")
    if details.pin is None and not remove:
        say(f"an officer signs in with NIP and PIN: give them a PIN with: kiosk people pin {person}")


def _own(people: People, person: str) -> Details:
    """Returns the details of a person who is enrolled here and not by the roster.

    Raises UnknownPersonError when nobody has this id, and UsageError when the roster describes the person.
    """
    found = next((known for known in people.all() if known.id == person), None)
    if found is None:
        raise UnknownPersonError(f"nobody with id {person!r} is enrolled here; see: kiosk people list")
    if found.origin == "roster":
        raise UsageError(
            f"the agency's roster says what {person} may do: there the column 'officer' makes officers, and "
            "`kiosk-central roster pin` gives PINs"
        )
    return found.details
