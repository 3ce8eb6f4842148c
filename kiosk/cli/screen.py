"""`kiosk screen`: the page that a browser on this device shows."""

import typer

from kiosk.cli.output import ConfigOption, load_settings
from kiosk.web.door import Door

app = typer.Typer(no_args_is_help=True, help="The page that people meet.")


@app.command()
def url(config: ConfigOption = None) -> None:
    """Print what the browser opens. It is a secret of this device: who has it can act at the screen."""
    settings = load_settings(config)
    print(Door.of(settings.kiosk.data_dir).url(settings.screen.port))
