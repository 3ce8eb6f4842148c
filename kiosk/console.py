"""What commands share: where settings come from, how results are written, and how native libraries are silenced."""

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from kiosk import settings as settings_file
from kiosk.runtime.errors import UsageError
from kiosk.settings import Settings
from sync.contract import Entry, RecordEntry

_DATA_MODE: Final = 0o750
"""Of the folder for data, as systemd and scripts/install make it."""

DEVICE_SETTINGS = Path("/etc/senfie-kiosk/kiosk.toml")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="Settings file. Else $KIOSK_CONFIG, ./kiosk.toml or " + str(DEVICE_SETTINGS)),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for programs.")]

# mediapipe 0.10.18 and tflite write these lines at every start. No setting silences them, and nobody can act on them.
_NOISE = re.compile(
    rb"Created TensorFlow Lite XNNPACK|All log messages before absl::InitializeLog"
    rb"|inference_feedback_manager|landmark_projection_calculator|libpng warning: iCCP"
)


def load_settings(config: Path | None) -> Settings:
    """Returns the settings of a command: those of a file, or of a laptop when there is no file.

    The folder for data is there afterwards. Raises UsageError when the file is wrong or the folder cannot be made.
    """
    if (settings := settings_of_file(config)) is not None:
        _make_data_folder(settings.kiosk.data_dir)
        return settings
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "senfie-kiosk"
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"no folder for data can be made at {data}: {error.strerror}; give --config") from error
    say(f"no settings file, so this is a laptop: data in {data}")
    return settings_file.laptop_settings(data)


def settings_of_file(config: Path | None) -> Settings | None:
    """Returns the settings of the file that is named or found, None when there is no file.

    Raises UsageError when the file is wrong. Alone it is for commands that leave the data folder alone, which root may
    run beside the daemon.
    """
    candidates = [config] if config else [Path(os.environ.get("KIOSK_CONFIG", "kiosk.toml")), DEVICE_SETTINGS]
    for path in candidates:
        if config or "KIOSK_CONFIG" in os.environ or path.exists():
            return settings_file.load(path)
    return None


def output_file(path: Path) -> Path:
    """Returns the path of a file that a command will write at its end, after making its folder.

    Raises UsageError when the file cannot be written, so that no work is lost.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path} cannot be written: it is a folder, or not yours to write to")
    return path


def say(text: str) -> None:
    """Writes a line for the person to standard error."""
    print(text, file=sys.stderr, flush=True)


def write_json(value: object) -> None:
    """Writes a value to standard output as one line of JSON."""
    print(json.dumps(value, ensure_ascii=False), flush=True)


def describe(entry: Entry) -> str:
    """Returns one entry as a line or two of text."""
    head = f"{entry.at.isoformat(timespec='seconds')}  {entry.unit}/{entry.kiosk} #{entry.seq}"
    if not isinstance(entry, RecordEntry):
        detail = ", ".join(f"{key} {_plain(value)}" for key, value in entry.body.detail.model_dump(mode="json").items())
        return f"{head}  event {entry.body.type}: {detail}"
    body, place = entry.body, entry.body.place
    reason = "" if body.reason is None else f", by PIN ({body.reason})"
    nobody = "" if body.source in ("camera", None) else f", NO CAMERA ({body.source})"
    voids = "" if body.voids is None else f", takes back {body.voids}"
    match = "" if body.match is None else f", score {body.match.score:.3f} over {body.match.frames} frames"
    flags = f", {' '.join(place.flags)}" if place.flags else ""
    return (
        f"{head}  record {body.session} of {body.person} ({body.stage}), receipt {body.receipt}{match}{reason}{voids}"
        f"{nobody}\n"
        f"    at {place.lat:.6f}, {place.lon:.6f} from {place.source}, {place.from_site_m:.1f} m from the site{flags}"
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Drops known lines of native libraries from file descriptor 2 while the block runs. sys.stderr is not filtered.

    The daemon must not use it: the last words of a native library that aborts would be lost.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    python_stderr, sys.stderr = sys.stderr, os.fdopen(kept, "w", buffering=1, closefd=False)
    thread = threading.Thread(target=_pass_on, args=(reading, kept), name="native-stderr", daemon=True)
    thread.start()
    try:
        yield
    finally:
        sys.stderr = python_stderr
        os.dup2(kept, 2)  # closes the pipe's last writing end, which ends the thread
        thread.join(1.0)
        os.close(kept)


def _make_data_folder(folder: Path) -> None:
    """Makes the folder for data if it is not there, but no folder above it: that may be a disk that is not mounted.

    Raises UsageError when it cannot be made, or when root works in the folder of the daemon: the daemon could not open
    files of root.
    """
    above = folder if folder.exists() else folder.parent
    if not above.exists():
        raise UsageError(f"kiosk.data_dir {folder} cannot be made: {above} is not there; make it, or mount its disk")
    if os.geteuid() == 0 and above.stat().st_uid != 0:
        raise UsageError(
            f"{above} belongs to another user, whose daemon could not open what root makes there: work as that "
            "user; where scripts/install put the kiosk, sudo kiosk does"
        )
    if folder.exists():
        return
    try:
        folder.mkdir(_DATA_MODE)
    except FileExistsError:  # another process was faster
        return
    except OSError as error:
        raise UsageError(f"kiosk.data_dir {folder} cannot be made: {error.strerror}; make it for this user") from error
    say(f"made the folder for data {folder}")


def _plain(value: object) -> object:
    """Returns a value of an event; a dictionary becomes the text of its members that are not None."""
    if not isinstance(value, dict):
        return value
    return " ".join(f"{name} {part}" for name, part in value.items() if part is not None)


def _pass_on(reading: int, target: int) -> None:
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            if not _NOISE.search(line):
                os.write(target, line)
