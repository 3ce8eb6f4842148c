"""`kiosk models`: installs, checks and lists the model assets."""

from collections.abc import Iterable
from typing import Annotated

import typer

from kiosk import console
from kiosk.console import ConfigOption, JsonOption, load_settings, say, write_json
from kiosk.doctor.selfcheck import check_embedder
from models.assets import AssetState, AssetStatus, AssetStore, Progress

app = typer.Typer(no_args_is_help=True, help="Model assets: pinned, hashed, fetched and converted.")
_Names = Annotated[list[str] | None, typer.Argument(help="Assets; without, those of a default installation.")]
_STEP_BYTES = 10_000_000


class _Reporter:
    """Prints a line when an asset enters a new step, and every ten megabytes of a download."""

    def __init__(self) -> None:
        self._last = ("", "", -1)

    def __call__(self, progress: Progress) -> None:
        now = (progress.asset, progress.step, progress.done // _STEP_BYTES)
        if now == self._last:
            return
        self._last = now
        share = f" {100 * progress.done // progress.total} %" if progress.total and progress.done else ""
        say(f"{progress.asset}: {progress.step}{share}")


@app.command()
def install(names: _Names = None) -> None:
    """Fetch, verify and convert what is not installed yet."""
    store = AssetStore()
    wanted = tuple(names or store.catalogue.names(default_only=True))
    if all(status.state is AssetState.INSTALLED for status in store.verify(wanted)):
        say(f"{len(wanted)} assets are installed in {store.folder}")
    else:
        store.install(names or (), _Reporter())


@app.command()
def check(
    embedder: Annotated[str, typer.Argument(help="An installed embedder.")] = "dlib-resnet-v1",
    config: ConfigOption = None,
) -> None:
    """See whether an embedder tells two known faces apart; kiosk calibrate DIR then says what its scores are worth."""
    settings = load_settings(config)
    chosen = settings.recognition.model_copy(update={"embedder": embedder})
    with console.quiet():
        check_embedder(settings.model_copy(update={"recognition": chosen}))


@app.command("list")
def list_assets(as_json: JsonOption = False) -> None:
    """Every asset there is, and whether it is installed."""
    _write(AssetStore().status(), as_json)


@app.command()
def verify(names: _Names = None, as_json: JsonOption = False) -> None:
    """Hash the installed assets; fails when one is missing or damaged."""
    statuses = AssetStore().verify(names or ())
    _write(statuses, as_json)
    if any(status.state is not AssetState.INSTALLED for status in statuses):
        raise typer.Exit(1)


def _write(statuses: Iterable[AssetStatus], as_json: bool) -> None:
    for status in statuses:
        asset = status.asset
        if as_json:
            write_json(
                {
                    "name": asset.name,
                    "state": status.state.value,
                    "licence": asset.licence,
                    "sha256": asset.sha256,
                    "git_blob": asset.git_blob,
                    "path": str(status.path),
                }
            )
        else:
            print(f"{status.state.value:9}  {asset.name:24}  {asset.licence:12.12}  {asset.purpose}")
