"""`kiosk screen`: the address of the page that a browser on this device shows, and a tour of the page."""

from typing import Annotated

import typer

from kiosk.cli import lab
from kiosk.console import ConfigOption, load_settings
from kiosk.runtime.errors import UsageError
from kiosk.screen import Language
from kiosk.web.security import SessionAuth
from kiosk.web.settings import ScreenSettings

app = typer.Typer(no_args_is_help=True, help="The page that people meet.")


@app.command()
def url(config: ConfigOption = None) -> None:
    """Print what the browser opens. It is a secret of this device: who has it can act at the screen."""
    settings = load_settings(config)
    print(SessionAuth.of(settings.kiosk.data_dir).url(settings.screen.port))


@app.callback(invoke_without_command=True)
def screen(
    context: typer.Context,
    demo: Annotated[bool, typer.Option("--demo", help="Walk through every state, without camera or kiosk.")] = False,
    step: Annotated[str | None, typer.Option(help="With --demo: stay at this state; a wrong name lists all.")] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="With --demo: how long each state is shown.")] = 6.0,
    language: Annotated[Language, typer.Option(help="With --demo: the screen's language.")] = "id",
    port: Annotated[int, typer.Option(min=1, max=65535, help="With --demo: where the page is.")] = 8018,
) -> None:
    """The page that people meet."""
    if demo:
        if context.invoked_subcommand is not None:
            raise UsageError(f"--demo shows a tour, {context.invoked_subcommand} does something else: say one of them")
        tour = lab.load("kiosk.lab.tour.command", "the tour of screen --demo")
        raise typer.Exit(tour.show_tour(ScreenSettings(port=port, language=language), seconds, step))
    if context.invoked_subcommand is None:
        raise UsageError("these options belong to the tour: say --demo, too")
