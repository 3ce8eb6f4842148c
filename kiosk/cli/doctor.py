"""`kiosk doctor`: what is wrong with this kiosk, and what to do."""

import typer

from kiosk.cli import native
from kiosk.cli.output import ConfigOption, JsonOption, load_settings, write_json
from kiosk.doctor.examination import examine
from kiosk.screen import Words


def doctor(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Look at camera, place, clock, broker, disk, models, keys, ledger and screen; fails when something is wrong."""
    settings, words = load_settings(config), Words("en")
    with native.quiet():
        found = examine(settings)
    for check in found:
        text = words.say(check.line)
        if as_json:
            write_json({"what": check.what, "state": check.state, "text": text})
        else:
            print(f"{check.state:5} {check.what:8} {text}")
    if any(check.state == "fail" for check in found):
        raise typer.Exit(1)
