"""The folder where installed assets live: what is in it is verified, what enters it is verified before."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from models.assets.catalogue import Asset, Catalogue, Derived
from models.assets.progress import Progress, Report
from models.assets.sources import FolderSource, Source
from models.convert.dlib_resnet import convert as convert_dlib_resnet
from models.errors import AssetDamagedError, AssetError, AssetMissingError, FetchError

_CONVERTERS = {"dlib-resnet": convert_dlib_resnet}


class AssetState(Enum):
    """What is found where an asset belongs."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class AssetStatus:
    """One asset and what is found at its path."""

    asset: Asset
    path: Path
    state: AssetState


def default_folder() -> Path:
    """KIOSK_MODELS, else `senfie-kiosk/models` in the user's cache folder (XDG_CACHE_HOME, ~/.cache)."""
    if chosen := os.environ.get("KIOSK_MODELS"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "senfie-kiosk" / "models"


def offline_folder() -> Path | None:
    """Folder of assets brought along, named by KIOSK_ASSETS; it is tried before every other source."""
    chosen = os.environ.get("KIOSK_ASSETS")
    return Path(chosen) if chosen else None


class AssetStore:
    """Installed assets in one folder. Safe for several processes: files appear whole or not at all."""

    def __init__(
        self, folder: Path | None = None, catalogue: Catalogue | None = None, *, offline: Path | None = None
    ) -> None:
        self.folder = (folder or default_folder()).absolute()
        self.catalogue = catalogue or Catalogue.load()
        self._offline = offline or offline_folder()
        self._trusted: set[str] = set()

    def path(self, name: str) -> Path:
        """Path of an installed asset; its bytes are verified at the first call.

        Raises AssetMissingError or AssetDamagedError, which say what to do.
        """
        asset = self.catalogue[name]
        path = self.folder / asset.file
        if name not in self._trusted:
            advice = f"run: kiosk models install {name}"
            if not path.is_file():
                raise AssetMissingError(f"asset {name} is not installed in {self.folder}; {advice}")
            if found := _difference(path, asset):
                raise AssetDamagedError(f"asset {name}, {path}, is damaged: {found}; {advice}")
            self._trusted.add(name)
        return path

    def install(self, names: Iterable[str] = (), report: Report = lambda _: None) -> None:
        """Install the named assets, or the default ones, with what they are made from; installed ones are left alone.

        Raises FetchError when no source gives an asset, AssetError when the folder cannot be written.
        """
        wanted = tuple(names) or self.catalogue.names(default_only=True)
        assets = [self.catalogue[name] for name in wanted]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _one_at_a_time(self.folder):
                for asset in assets:
                    self._ensure(asset, report)
        except OSError as error:
            raise AssetError(f"cannot install into {self.folder}: {error.strerror or error}") from error

    def status(self) -> tuple[AssetStatus, ...]:
        """Every asset of the catalogue; quick: only the size tells installed from damaged."""
        return tuple(self._status(self.catalogue[name], deep=False) for name in self.catalogue.names())

    def verify(self, names: Iterable[str] = ()) -> tuple[AssetStatus, ...]:
        """Hash the named assets, or the default ones and whatever else is installed."""
        chosen = tuple(names) or tuple(
            status.asset.name for status in self.status() if status.asset.default or status.path.is_file()
        )
        return tuple(self._status(self.catalogue[name], deep=True) for name in chosen)

    def _status(self, asset: Asset, *, deep: bool) -> AssetStatus:
        path = self.folder / asset.file
        if not path.is_file():
            return AssetStatus(asset, path, AssetState.MISSING)
        bad = path.stat().st_size != asset.size or (deep and _difference(path, asset) is not None)
        return AssetStatus(asset, path, AssetState.DAMAGED if bad else AssetState.INSTALLED)

    def _ensure(self, asset: Asset, report: Report) -> None:
        if self._status(asset, deep=True).state is AssetState.INSTALLED:
            report(Progress(asset.name, "installed", asset.size, asset.size))
            return
        with _workshop(self.folder / f".{asset.name}") as work:
            _move_into_place(self._obtain(asset, work, report), self.folder / asset.file)
        report(Progress(asset.name, "installed", asset.size, asset.size))

    def _obtain(self, asset: Asset, work: Path, report: Report) -> Path:
        """Try the sources in order, then the conversion; the error lists what each of them said."""
        sources: list[Source] = [*asset.sources]
        if self._offline is not None:
            sources.insert(0, FolderSource(self._offline, asset.file))
        reasons = []
        for number, source in enumerate(sources):
            folder = work / str(number)
            folder.mkdir()
            try:
                return _fetched(asset, source, folder / asset.file, report)
            except FetchError as error:
                reasons.append(f"\n  {source}: {error}")
                report(Progress(asset.name, f"{source}: {error}"))
            shutil.rmtree(folder)
        if asset.derived is not None:
            return self._derive(asset, asset.derived, work / asset.file, report)
        raise FetchError(f"no source gave asset {asset.name}:{''.join(reasons) or ' it has none'}")

    def _derive(self, asset: Asset, derived: Derived, target: Path, report: Report) -> Path:
        self._ensure(self.catalogue[derived.source], report)
        report(Progress(asset.name, "converting", 0, asset.size))
        source = self.path(derived.source).read_bytes()
        target.write_bytes(_CONVERTERS[derived.converter](source, derived.precision))
        if found := _difference(target, asset):
            raise AssetDamagedError(f"converting {derived.source} to {asset.name} gave another file: {found}")
        return target


def _fetched(asset: Asset, source: Source, target: Path, report: Report) -> Path:
    step = f"fetching from {source}"
    report(Progress(asset.name, step))
    source.fetch(target, lambda done, total: report(Progress(asset.name, step, done, total)))
    if found := _difference(target, asset):
        raise FetchError(found)
    return target


def _difference(path: Path, asset: Asset) -> str | None:
    """None when the file is the catalogued one, else what is wrong with it: both hashes."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return None if found == asset.sha256 else f"its SHA-256 is {found}, expected {asset.sha256}"


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait for another process that is installing here."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """An empty folder for half-done work, cleared also of what an interrupted installation left."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_into_place(fresh: Path, target: Path) -> None:
    """Make the file last, then visible: after a power cut the old one, the new one or none is there, never a part."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    fresh.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
