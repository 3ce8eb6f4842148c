"""The sources of assets: a folder, a PyPI or npm package, a URL. Each fetches a pinned file and reports its
progress."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, TypeAlias
from urllib.request import Request, urlopen

from pydantic import BaseModel, ConfigDict, HttpUrl

from models.assets import no_build
from models.errors import FetchError


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of installing one asset: `done` of `total` bytes, 0 where they are not known."""

    asset: str
    step: str
    done: int = 0
    total: int = 0


Report: TypeAlias = Callable[[Progress], None]
Bytes: TypeAlias = Callable[[int, int], None]
"""Called by a source while it downloads, with the bytes done and in total."""


_LOOK_EVERY_S = 0.2


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, report: Callable[[int], None]) -> None:
    """Run a program to its end and report the size of the largest file in `folder` meanwhile.

    Raises FetchError with the program's own error message when it fails.
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
    """The size of the largest file, which is the archive. A sum would count its copies and unpacked members as well."""
    return max((_size(Path(root, name)) for root, _, names in os.walk(folder) for name in names), default=0)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:  # the program has just removed it
        return 0


def _complaint(log: str, status: int) -> str:
    """The last lines that a program marks as errors (pip: `ERROR: ...`, npm: `npm error ...`), else its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error:", "npm err", "npm error"))]
    chosen = errors[-2:] or lines[-1:] or [f"status {status}"]
    return "; ".join(line.removeprefix("ERROR:").strip() for line in chosen)


_CHUNK = 1 << 18
_URL_TIMEOUT_S = 30


class Source(Protocol):
    """A source of one file. Its `str` names it for a person."""

    def fetch(self, target: Path, report: Bytes) -> None:
        """Write the file to `target`, whose folder holds nothing else. Raises FetchError with the reason."""


class FolderSource:
    """A folder of files for devices without internet, named by KIOSK_ASSETS."""

    def __init__(self, folder: Path, file: str) -> None:
        self._path = folder / file

    def __str__(self) -> str:
        return f"file {self._path}"

    def fetch(self, target: Path, _report: Bytes) -> None:
        """Copy the file. Raises FetchError when it cannot be copied."""
        try:
            shutil.copyfile(self._path, target)
        except OSError as error:
            raise FetchError(error.strerror or str(error)) from error


class WheelTags(BaseModel):
    """The tags of one wheel of a release. They are fixed, so that every device fetches the same file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    python: str
    abi: str
    platform: str


class PypiSource(BaseModel):
    """A member of a pinned wheel, or of the source package where `wheel` is None.

    pip fetches the package with the user's own configuration. `archive_size` is in bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["pypi"]
    package: str
    version: str
    member: str
    archive_size: int
    wheel: WheelTags | None = None

    def __str__(self) -> str:
        return f"PyPI {self.package} {self.version}"

    def fetch(self, target: Path, report: Bytes) -> None:
        """Let pip download the archive into a folder beside the target, and extract the member. Raises FetchError."""
        work = target.parent / "pip"
        work.mkdir()
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"]
        command += ["--dest", str(work / "dest"), *self._selection(), f"{self.package}=={self.version}"]
        run(
            command, self._environment(work), work, lambda done: report(min(done, self.archive_size), self.archive_size)
        )
        _extract(_only_file(work / "dest"), self.member, target)

    def _selection(self) -> list[str]:
        if self.wheel is None:
            return [f"--no-binary={self.package}", "--use-pep517", "--no-build-isolation"]
        tags = [f"--python-version={self.wheel.python}", f"--abi={self.wheel.abi}"]
        return ["--only-binary=:all:", "--implementation=cp", f"--platform={self.wheel.platform}", *tags]

    def _environment(self, work: Path) -> dict[str, str]:
        # Temporary files stay beside the models: /tmp is often memory, and the source package is 100 MB.
        environment = os.environ | {"TMPDIR": str(work)}
        if self.wheel is None:
            backend = work / "backend" / "setuptools"
            backend.mkdir(parents=True)
            shutil.copyfile(no_build.__file__, backend / "build_meta.py")
            (backend / "__init__.py").touch()
            environment |= {
                "PYTHONPATH": str(backend.parent),
                no_build.NAME_VARIABLE: self.package,
                no_build.VERSION_VARIABLE: self.version,
            }
        return environment


class NpmSource(BaseModel):
    """A member of a pinned npm package, fetched by `npm pack` with the user's own configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["npm"]
    package: str
    version: str
    member: str
    archive_size: int

    def __str__(self) -> str:
        return f"npm {self.package} {self.version}"

    def fetch(self, target: Path, report: Bytes) -> None:
        """Let npm download the archive into a folder beside the target, and extract the member. Raises FetchError."""
        npm = shutil.which("npm")
        if npm is None:
            raise FetchError("npm is not installed")
        work = target.parent / "npm"
        (work / "dest").mkdir(parents=True)
        command = [npm, "pack", "--ignore-scripts", "--pack-destination", str(work / "dest")]
        command += [f"{self.package}@{self.version}"]
        run(command, dict(os.environ), work, lambda done: report(min(done, self.archive_size), self.archive_size))
        _extract(_only_file(work / "dest"), self.member, target)


class UrlSource(BaseModel):
    """A file at a web address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["url"]
    url: HttpUrl

    def __str__(self) -> str:
        return str(self.url)

    def fetch(self, target: Path, report: Bytes) -> None:
        """Download the file in chunks. Raises FetchError."""
        request = Request(str(self.url), headers={"User-Agent": "senfie-kiosk"})  # noqa: S310 (HttpUrl: http or https)
        try:
            with urlopen(request, timeout=_URL_TIMEOUT_S) as answer, target.open("wb") as file:  # noqa: S310
                total = int(answer.headers.get("Content-Length", 0))
                _copy(answer, file, lambda done: report(done, total))
                if total and target.stat().st_size != total:
                    raise FetchError("the connection ended before the whole file had arrived")
        except (OSError, HTTPException) as error:
            raise FetchError(f"{type(error).__name__}: {error}") from error


def _copy(source: BinaryIO, target: BinaryIO, report: Callable[[int], None]) -> None:
    done = 0
    while chunk := source.read(_CHUNK):
        target.write(chunk)
        done += len(chunk)
        report(done)
    target.flush()


def _only_file(folder: Path) -> Path:
    files = list(folder.iterdir()) if folder.is_dir() else []
    if len(files) != 1:
        raise FetchError(f"expected one archive, got {len(files)}")
    return files[0]


def _extract(archive: Path, member: str, target: Path) -> None:
    """Copy one member of a wheel (zip) or of a tar archive to `target`. Raises FetchError."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)
        else:
            with tarfile.open(archive) as package, target.open("wb") as file:
                found = package.extractfile(member)
                if found is None:
                    raise FetchError(f"{member} in {archive.name} is not a file")
                shutil.copyfileobj(found, file)
    except KeyError:
        raise FetchError(f"{archive.name} has no member {member}") from None
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        raise FetchError(f"{archive.name} cannot be read: {error}") from error
