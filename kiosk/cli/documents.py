"""`kiosk documents`: imports the agency's roster and policy from a USB stick, and shows their state."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from kiosk.agency.acceptance import DocumentAcceptance, Taken
from kiosk.agency.refusals import Refusals, RefusedError
from kiosk.agency.store import Documents
from kiosk.app import parts
from kiosk.clock.event_log import EventLog
from kiosk.console import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.runtime.errors import UsageError
from kiosk.screen import Screen
from sync.documents.envelope import LARGEST
from sync.documents.policy import POLICY
from sync.documents.roster import MANIFEST

app = typer.Typer(no_args_is_help=True, help="The agency's roster and policy on this kiosk.")

_POLICY: Final = "policy.json"
_MANIFEST: Final = "manifest.json"
_PERSON: Final = "person-"

_TOLD: Final[dict[Taken, str]] = {
    "kept": "is taken",
    "known": "was here before",
    "early": "is not taken: no roster here names it yet; import its manifest.json too",
}


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="With policy.json, manifest.json, person-<id>.json.")],
    config: ConfigOption = None,
) -> None:
    """Take documents from a folder, such as a USB stick, as if the broker had sent them; the daemon need not run.

    A running daemon makes them hold within seconds, else the next start does. Fails when one is refused.
    """
    settings = load_settings(config)
    refused = 0
    # The store of people comes first: it proves the device's secret, while a new store of documents takes any secret.
    with parts.ledger(settings) as ledger, parts.people(settings), parts.documents(settings) as store:
        clock = parts.clock(settings, ledger.last_at)
        refusals = Refusals(store, EventLog(ledger, clock, Screen()), clock.monotonic)
        acceptance = parts.document_acceptance(settings, store)
        for file in _documents(folder):
            try:
                say(f"{file.name} {_TOLD[_take(acceptance, file)]}")
            except RefusedError as error:
                say(f"{file.name} is refused ({error.refusal.reason}): {error}")
                refusals.add(error.refusal)
                refused += 1
        refusals.tell()
    if refused:
        raise typer.Exit(1)


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Which versions are here, which hold, and how many people are still waited for."""
    settings = load_settings(config)
    with (
        parts.people(settings) as people,
        parts.documents(settings) as store,
    ):  # the store of people first, as for `import`
        facts = _facts(store, parts.document_acceptance(settings, store))
        statuses = people.statuses()
        facts["without_face"] = sum(status.shots == 0 for status in statuses.values())
        facts["enrolled_at_the_wall"] = sum(status.origin == "wall" for status in statuses.values())
    if as_json:
        write_json(facts)
        return
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):21}{'none' if value is None else value}")


def _documents(folder: Path) -> Iterator[Path]:
    """Returns the documents of a folder: policy and manifest before the people, whom the manifest names."""
    try:
        names = {file.name for file in folder.iterdir()}
    except OSError as error:
        raise UsageError(f"{folder} cannot be read: {error.strerror}") from error
    people = sorted(name for name in names if name.startswith(_PERSON) and name.endswith(".json"))
    found = [name for name in (_POLICY, _MANIFEST) if name in names] + people
    if not found:
        raise UsageError(f"{folder} holds no {_POLICY}, {_MANIFEST} or {_PERSON}<id>.json")
    return (folder / name for name in found)


def _take(acceptance: DocumentAcceptance, file: Path) -> Taken:
    try:
        with file.open("rb") as opened:
            payload = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    if file.name == _POLICY:
        return acceptance.policy(payload)
    if file.name == _MANIFEST:
        return acceptance.manifest(payload)
    person = file.name.removeprefix(_PERSON).removesuffix(".json")
    return acceptance.person(person, payload, acceptance.kept("roster", MANIFEST))


def _facts(store: Documents, acceptance: DocumentAcceptance) -> dict[str, object]:
    policy, manifest = acceptance.kept("policy", POLICY), acceptance.kept("roster", MANIFEST)
    return {
        "policy": None if policy is None else policy.version,
        "policy_applied": store.applied("policy").version or None,
        "roster": None if manifest is None else manifest.version,
        "roster_applied": store.applied("roster").version or None,
        "roster_people": None if manifest is None else len(manifest.people),
        "waiting": len(store.waiting()),
    }
