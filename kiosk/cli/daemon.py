"""`kiosk run`: the daemon in the foreground, as systemd starts it."""

from typing import Annotated

import typer

from kiosk import daemon, logs
from kiosk.cli.output import ConfigOption, load_settings


def run(
    config: ConfigOption = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "INFO",
) -> None:
    """Run the kiosk until it is stopped (SIGTERM or Ctrl-C)."""
    logs.set_up(log_level.upper())
    raise typer.Exit(daemon.run(load_settings(config)))
