"""`kiosk ledger`: shows, verifies and exports the ledger of this kiosk."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kiosk.app import parts
from kiosk.console import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.runtime.errors import UsageError
from sync.chain import Verification
from sync.export.reading import Inspection, inspect, take_receipts
from sync.export.writing import Finished, Order
from sync.export.writing import export as write_packages
from sync.signing import PublicKey

app = typer.Typer(no_args_is_help=True, help="The ledger: every record and event of this kiosk.")


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How many entries there are, and how many wait for the broker and for the centre."""
    with parts.ledger(load_settings(config)) as ledger:
        counts = ledger.counts()
        path = ledger.path
    if as_json:
        facts = {"last_seq": counts.last_seq, "unsent": counts.unsent, "waiting": counts.waiting}
        write_json({"path": str(path), **facts, "receipted": counts.receipted})
    else:
        told = f"{counts.unsent} wait for the broker, {counts.waiting - counts.unsent} at the broker for their receipt"
        print(f"{counts.last_seq} entries, {counts.receipted} delivered, {told} ({path})")


@app.command()
def verify(
    exported: Annotated[Path | None, typer.Argument(help="A package or a folder of `ledger export`.")] = None,
    public_key: Annotated[Path | None, typer.Option(help="The kiosk's public key, for what was exported.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry's hash, receipt, signature and place in the chain; fails when something is wrong.

    Of packages that are sealed, what can be checked without opening them: signature, digest, and that none is missing.
    """
    if (exported is None) != (public_key is None):
        raise UsageError("what was exported and --public-key go together: give both, or neither for the ledger here")
    if exported is not None and public_key is not None:
        sound = _tell_packages(inspect(exported, PublicKey.load(public_key)), as_json)
    else:
        settings = load_settings(config)
        with parts.ledger(settings) as ledger:
            sound = _tell(parts.archive(settings, ledger).verify(), as_json)
    if not sound:
        raise typer.Exit(1)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A folder, on a stick perhaps.")],
    everything: Annotated[bool, typer.Option("--all", help="What is delivered too.")] = False,
    unsealed: Annotated[bool, typer.Option("--open", help="Readable by whoever has the folder.")] = False,
    config: ConfigOption = None,
) -> None:
    """Write what is not delivered into signed packages, for an office without a network.

    They are sealed to the agency's key. What an interruption left undone is done the next time.
    """
    settings = load_settings(config)
    seal_to = None if unsealed else settings.agency.pinned().seal_to
    if seal_to is None and not unsealed:
        raise UsageError("no key to seal to is pinned: set agency.seal_to, or give --open for packages anyone can read")
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: make it, or plug the stick in")
    with parts.ledger(settings) as ledger:
        order = Order(datetime.now(UTC), seal_to, everything, parts.archive(settings, ledger))
        finished = [_told(package) for package in write_packages(ledger, folder, order)]
    if finished:
        entries = sum(package.count for package in finished)
        say(f"{folder} holds {entries} entries; `kiosk ledger key` gives what verifies them")
    else:
        say("everything is delivered, so nothing is exported; --all exports it nevertheless")


@app.command()
def receipts(folder: Path, config: ConfigOption = None) -> None:
    """Take in the receipts that `kiosk-central import` left in a folder: what it stored counts as delivered."""
    settings = load_settings(config)
    receiver = settings.agency.pinned().receiver
    if receiver is None:
        raise UsageError("no key of the receiver is pinned, so a receipt proves nothing: set agency.receiver_key")
    with parts.ledger(settings) as ledger:
        delivered = take_receipts(ledger, folder, receiver)
        waiting = ledger.counts().waiting
    say(f"{delivered} entries more are delivered, {waiting} wait")


@app.command()
def key(config: ConfigOption = None) -> None:
    """Print the public key that verifies this kiosk's entries, as PEM, for the centre to register."""
    with parts.ledger(load_settings(config)) as ledger:
        print(ledger.key.public.pem, end="")


def _told(package: Finished) -> Finished:
    say(f"{package.path.name}: {package.count} entries{'' if package.fresh else ', there already'}")
    return package


def _tell_packages(report: Inspection, as_json: bool) -> bool:
    if as_json:
        flaws = [{"package": flaw.package, "problem": flaw.problem, "text": flaw.text} for flaw in report.flaws]
        counts = {"packages": report.packages, "entries": report.entries, "sealed": report.sealed}
        write_json({**counts, "sound": report.sound, "findings": flaws})
        return report.sound
    for flaw in report.flaws:
        print(flaw.text if flaw.package is None else f"{flaw.package}: {flaw.text}")
    told = f"{report.packages} packages with {report.entries} entries, {report.sealed} of them sealed"
    print(f"{told}: the export is " + ("whole and sound" if report.sound else "NOT sound"))
    return report.sound


def _tell(report: Verification, as_json: bool) -> bool:
    findings = [{"seq": found.seq, "problem": found.problem, "text": found.text} for found in report.findings]
    if as_json:
        lost = [{"first": gap.first, "last": gap.last} for gap in report.lost]
        counts = {"entries": report.entries, "unsigned": report.unsigned, "sound": report.sound}
        write_json({**counts, "findings": findings, "lost": lost})
        return report.sound
    for gap in report.lost:
        print(f"entries {gap.first} to {gap.last} were lost when a damaged ledger was salvaged")
    for found in report.findings:
        print(found.text)
    if report.unsigned:
        print(f"{report.unsigned} entries are from before there were signatures")
    print(f"{report.entries} entries: " + ("the chain is sound" if report.sound else "the chain is NOT sound"))
    return report.sound
