"""`kiosk models`: installs, checks and lists the model assets. Which embedders are wanted is in the settings."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from kiosk import console
from kiosk.console import ConfigOption, JsonOption, load_settings, say, settings_of_file, write_json
from kiosk.doctor.selfcheck import check_embedder
from kiosk.settings import RecognitionSettings
from models.assets import (
    AssetState,
    AssetStatus,
    AssetStore,
    Choice,
    Progress,
    choose,
    install_best,
    members_of,
    unavailable,
)

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
def install(names: _Names = None, config: ConfigOption = None) -> None:
    """Fetch, verify and convert what is not installed yet: what is named, else the best embedder that can be had."""
    chosen = _recognition(config)
    store, best = AssetStore(chosen.models_dir), members_of(chosen.embedders[0])
    wanted = tuple(names or (*store.catalogue.names(default_only=True), *best))
    if all(status.state is AssetState.INSTALLED for status in store.verify(wanted)):
        say(f"{len(wanted)} assets are installed in {store.folder}")
    else:
        store.install(names or (), _Reporter())
        if not names:
            for name, error in install_best(store, chosen.embedders, _Reporter()).items():
                say(unavailable(store, name, error))
    if not names:
        say(_in_use(choose(store, chosen.embedders)))


@app.command()
def check(
    embedder: Annotated[str | None, typer.Argument(help="Installed embedders, FIRST+SECOND; else that in use.")] = None,
    config: ConfigOption = None,
) -> None:
    """See whether an embedder tells two known faces apart; kiosk calibrate DIR then says what its scores are worth."""
    settings = load_settings(config)
    if embedder is not None:
        chosen = settings.recognition.model_copy(update={"embedders": (embedder,)})
        settings = settings.model_copy(update={"recognition": chosen})
    with console.quiet():
        check_embedder(settings)


@app.command("list")
def list_assets(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Every asset there is, whether it is installed, its licence, and what an embedder was trained on."""
    _write(AssetStore(_recognition(config).models_dir).status(), as_json)


@app.command()
def verify(names: _Names = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Hash the installed assets; fails when one is damaged or missing, or no embedder of the settings is installed."""
    chosen = _recognition(config)
    store = AssetStore(chosen.models_dir)
    statuses = store.verify(names or ())
    _write(statuses, as_json)
    if any(status.state is not AssetState.INSTALLED for status in statuses):
        raise typer.Exit(1)
    if not names:
        say(_in_use(choose(store, chosen.embedders)))


def _recognition(config: Path | None) -> RecognitionSettings:
    settings = settings_of_file(config)
    return RecognitionSettings() if settings is None else settings.recognition


def _in_use(choice: Choice) -> str:
    used = f"people are told apart by {'+'.join(choice.members)}"
    if not choice.missing:
        return used
    return f"{used}; {' and '.join(choice.missing)} would make it better: kiosk models install, once it can be had"


def _write(statuses: Iterable[AssetStatus], as_json: bool) -> None:
    for status in statuses:
        asset = status.asset
        if as_json:
            write_json(
                {
                    "name": asset.name,
                    "state": status.state.value,
                    "licence": asset.licence,
                    "trained_on": asset.trained_on,
                    "sha256": asset.sha256,
                    "path": str(status.path),
                }
            )
        else:
            trained = "" if asset.trained_on is None else f"; trained on: {asset.trained_on}"
            print(f"{status.state.value:9}  {asset.name:42}  {asset.licence:12.12}  {asset.purpose}{trained}")
