"""`kiosk run`: the daemon in the foreground, as systemd starts it."""

from typing import Annotated, Literal

import typer

from kiosk import daemon
from kiosk.cli.output import ConfigOption, load_settings
from kiosk.plumbing import logs

_Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def run(
    config: ConfigOption = None,
    log_level: Annotated[_Level, typer.Option(case_sensitive=False, help="The least that is logged.")] = "INFO",
) -> None:
    """Run the kiosk until it is stopped (SIGTERM or Ctrl-C)."""
    logs.set_up(log_level)
    raise typer.Exit(daemon.run(load_settings(config)))
