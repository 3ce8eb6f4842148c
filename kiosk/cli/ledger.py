"""`kiosk ledger`: what the device holds of the attendance."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kiosk import build
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.errors import UsageError
from sync.chain import Verification
from sync.chain import verify as verify_entries
from sync.signing import PublicKey
from sync.store.head import sync_folder

app = typer.Typer(no_args_is_help=True, help="The ledger: every record and event of this kiosk.")


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How many entries there are, and how many wait for the broker and for the centre."""
    with build.ledger(load_settings(config)) as ledger:
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
    exported: Annotated[Path | None, typer.Argument(help="A file of `ledger export`, instead of the ledger.")] = None,
    public_key: Annotated[Path | None, typer.Option(help="The kiosk's public key, for an exported file.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry's hash, receipt, signature and place in the chain; fails when something is wrong."""
    if (exported is None) != (public_key is None):
        raise UsageError("an exported file and --public-key go together: give both, or neither for the ledger here")
    if exported is not None and public_key is not None:
        report = _verify_file(exported, PublicKey.load(public_key))
    else:
        with build.ledger(load_settings(config)) as ledger:
            report = ledger.verify()
    _tell(report, as_json)
    if not report.sound:
        raise typer.Exit(1)


@app.command()
def export(file: Annotated[Path, typer.Argument(help="A new file.")], config: ConfigOption = None) -> None:
    """Write every entry to a file, one a line; it is whole and on the disk, or not there."""
    fresh = file.with_name(f"{file.name}.part")
    with build.ledger(load_settings(config)) as ledger:
        try:
            if file.exists():
                raise UsageError(f"{file} is there already: name a new file")
            with fresh.open("wb") as out:
                count = sum(1 for stored in ledger.stored() if out.write(stored.payload + b"\n"))
                out.flush()
                os.fsync(out.fileno())
            fresh.rename(file)
            sync_folder(file.parent)
        except OSError as error:
            raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    say(f"{count} entries in {file}; `kiosk ledger key` gives what verifies them")


@app.command()
def key(config: ConfigOption = None) -> None:
    """Print the public key that verifies this kiosk's entries, as PEM, for the centre to register."""
    with build.ledger(load_settings(config)) as ledger:
        print(ledger.key.public.pem, end="")


def _verify_file(path: Path, public_key: PublicKey) -> Verification:
    try:
        with path.open("rb") as lines:
            return verify_entries((line.rstrip(b"\n") for line in lines), public_key)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _tell(report: Verification, as_json: bool) -> None:
    findings = [{"seq": found.seq, "problem": found.problem, "text": found.text} for found in report.findings]
    if as_json:
        lost = [{"first": gap.first, "last": gap.last} for gap in report.lost]
        counts = {"entries": report.entries, "unsigned": report.unsigned, "sound": report.sound}
        write_json({**counts, "findings": findings, "lost": lost})
        return
    for gap in report.lost:
        print(f"entries {gap.first} to {gap.last} were lost when a damaged ledger was salvaged")
    for found in report.findings:
        print(found.text)
    if report.unsigned:
        print(f"{report.unsigned} entries are from before there were signatures")
    print(f"{report.entries} entries: " + ("the chain is sound" if report.sound else "the chain is NOT sound"))
