"""What commands share: where settings come from, and how results and errors are written."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk import settings as settings_file
from kiosk.errors import UsageError
from kiosk.settings import Settings

DEVICE_SETTINGS = Path("/etc/senfie-kiosk/kiosk.toml")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file. Else $KIOSK_CONFIG, ./kiosk.toml or " + str(DEVICE_SETTINGS)),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]


def load_settings(config: Path | None) -> Settings:
    """The settings a command works with: a file, or those of a laptop. UsageError when the file is wrong."""
    candidates = [config] if config else [Path(os.environ.get("KIOSK_CONFIG", "kiosk.toml")), DEVICE_SETTINGS]
    for path in candidates:
        if config or "KIOSK_CONFIG" in os.environ or path.exists():
            settings = settings_file.load(path)
            _check_owner(settings.kiosk.data_dir)
            return settings
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "senfie-kiosk"
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"no folder for data can be made at {data}: {error.strerror}; give --config") from error
    say(f"no settings file, so this is a laptop: data in {data}")
    return settings_file.trial_settings(data)


def _check_owner(data_dir: Path) -> None:
    """Files that root made in the daemon's folder would lock the daemon out at its next start."""
    if os.geteuid() == 0 and data_dir.exists() and data_dir.stat().st_uid != 0:
        raise UsageError(
            f"{data_dir} belongs to another user, whose daemon could not open what root makes there: work as that "
            "user; where scripts/install put the kiosk, sudo kiosk does"
        )


def output_file(path: Path) -> Path:
    """A file that a command will write at its end; its folder is made. UsageError, before any work is lost, when it
    cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path} cannot be written: it is a folder, or not yours to write to")
    return path


def say(text: str) -> None:
    """A line for the person, beside the result."""
    print(text, file=sys.stderr, flush=True)


def write_json(value: object) -> None:
    """One JSON document a line on standard output."""
    print(json.dumps(value, ensure_ascii=False), flush=True)
