"""`kiosk screen`: the address of the page that a browser on this device shows, and a tour of the page."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from kiosk.console import ConfigOption, load_settings, say
from kiosk.lab.tour.tour import Tour, TourActions
from kiosk.runtime.errors import UsageError
from kiosk.runtime.supervisor import supervise
from kiosk.runtime.worker import Worker
from kiosk.screen import Language, Screen, Words
from kiosk.web import server
from kiosk.web.preview import Preview
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
        raise typer.Exit(_tour(ScreenSettings(port=port, language=language), seconds, step))
    if context.invoked_subcommand is None:
        raise UsageError("these options belong to the tour: say --demo, too")


def _tour(settings: ScreenSettings, seconds: float, step: str | None) -> int:
    words = Words(settings.language)
    shown, preview = Screen(words), Preview(settings.preview_fps)
    tour = Tour(shown, preview.frames.put, seconds, step)
    with tempfile.TemporaryDirectory(prefix="kiosk-tour-") as name:
        folder = Path(name)
        say(f"a tour of {len(tour.steps)} states; nothing is recorded, any NIP and PIN will do. Ctrl-C ends it. Open")
        print(SessionAuth.of(folder).url(settings.port), flush=True)
        web_workers = server.workers(settings, folder, shown, preview, TourActions(tour, words))
        return supervise([*web_workers, Worker("tour", tour.run)])
