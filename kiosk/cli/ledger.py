"""`kiosk ledger`: what the device holds of the attendance."""

import typer

from kiosk import build
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, write_json

app = typer.Typer(no_args_is_help=True, help="The ledger: every record and event of this kiosk.")


@app.command()
def status(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """How many entries there are, and how many wait for the broker."""
    with build.ledger(load_settings(config)) as ledger:
        counts = ledger.counts()
        path = ledger.path
    if as_json:
        write_json({"path": str(path), "last_seq": counts.last_seq, "unsent": counts.unsent})
    else:
        print(f"{counts.last_seq} entries, {counts.unsent} wait for the broker ({path})")


@app.command()
def verify(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Check every entry's hash, receipt and place in the chain; fails when something is wrong."""
    with build.ledger(load_settings(config)) as ledger:
        report = ledger.verify()
    findings = [{"seq": found.seq, "problem": found.problem, "text": found.text} for found in report.findings]
    if as_json:
        lost = [{"first": gap.first, "last": gap.last} for gap in report.lost]
        write_json({"entries": report.entries, "sound": report.sound, "findings": findings, "lost": lost})
    else:
        for gap in report.lost:
            print(f"entries {gap.first} to {gap.last} were lost when a damaged ledger was salvaged")
        for found in report.findings:
            print(found.text)
        print(f"{report.entries} entries: " + ("the chain is sound" if report.sound else "the chain is NOT sound"))
    if not report.sound:
        raise typer.Exit(1)
