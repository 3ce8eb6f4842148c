"""Run a program that downloads, watching how much has arrived."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from models.errors import FetchError

_LOOK_EVERY_S = 0.2


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, report: Callable[[int], None]) -> None:
    """Run to the end, reporting the size of the largest file in `folder`: what has been fetched so far.

    Raises FetchError with the program's own complaint when it fails.
    """
    log = folder / "log"
    with log.open("wb") as output, _started(command, environment, output.fileno()) as process:
        try:
            while _running(process):
                report(_largest(folder))
        finally:
            process.kill()
    if process.returncode:
        raise FetchError(_complaint(log.read_text(encoding="utf-8", errors="replace"), process.returncode))


def _started(command: Sequence[str], environment: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def _running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_LOOK_EVERY_S)
    except subprocess.TimeoutExpired:
        return True
    return False


def _largest(folder: Path) -> int:
    """The archive outweighs everything else a downloader writes; a sum would count its copies and unpacked members."""
    return max((_size(Path(root, name)) for root, _, names in os.walk(folder) for name in names), default=0)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:  # the program has just removed it
        return 0


def _complaint(log: str, status: int) -> str:
    """The lines a program marks as errors (pip: `ERROR: ...`, npm: `npm error ...`), else its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error:", "npm err", "npm error"))]
    chosen = errors[-2:] or lines[-1:] or [f"status {status}"]
    return "; ".join(line.removeprefix("ERROR:").strip() for line in chosen)
