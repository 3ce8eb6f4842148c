"""The folder of installed assets. A file is verified before it enters, and again when it is first used."""

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
from models.assets.sources import FolderSource, Progress, Report, Source
from models.durable import move_into_place
from models.errors import AssetDamagedError, AssetError, AssetMissingError, FetchError


class AssetState(Enum):
    """What was found at the path of an asset."""

    INSTALLED = "installed"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class AssetStatus:
    """One asset, its path, and what was found there."""

    asset: Asset
    path: Path
    state: AssetState


def default_folder() -> Path:
    """The folder named by KIOSK_MODELS, else `senfie-kiosk/models` in the user's cache (XDG_CACHE_HOME, ~/.cache)."""
    if chosen := os.environ.get("KIOSK_MODELS"):
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "senfie-kiosk" / "models"


def offline_folder() -> Path | None:
    """The folder named by KIOSK_ASSETS, for devices without internet. It is tried before every other source."""
    chosen = os.environ.get("KIOSK_ASSETS")
    return Path(chosen) if chosen else None


class AssetStore:
    """The installed assets in one folder. Several processes may use it: files appear whole or not at all."""

    def __init__(
        self, folder: Path | None = None, catalogue: Catalogue | None = None, *, offline: Path | None = None
    ) -> None:
        self.folder = (folder or default_folder()).absolute()
        self.catalogue = catalogue or Catalogue.load()
        self._offline = offline or offline_folder()
        self._trusted: set[str] = set()

    def path(self, name: str) -> Path:
        """The path of an installed asset, whose bytes are verified at the first call.

        Raises AssetMissingError or AssetDamagedError. The message says what to do.
        """
        asset = self.catalogue[name]
        path = self.folder / asset.file
        if name not in self._trusted:
            advice = f"run: kiosk models install {name}"
            if not path.is_file():
                raise AssetMissingError(f"asset {name} is not installed in {self.folder}; {advice}")
            if found := self._difference(path, asset):
                raise AssetDamagedError(f"asset {name}, {path}, is damaged: {found}; {advice}")
            self._trusted.add(name)
        return path

    def has(self, name: str) -> bool:
        """Whether there is a file of this asset. `path` says whether its bytes are right."""
        return (self.folder / self.catalogue[name].file).is_file()

    def install(self, names: Iterable[str] = (), report: Report = lambda _: None) -> None:
        """Install the named assets, or the default ones, and what they are made from. Installed ones are left alone.

        Raises FetchError when no source gives an asset, AssetError when the folder cannot be written.
        """
        wanted = tuple(names) or self.catalogue.names(default_only=True)
        assets = [self.catalogue[name] for name in wanted]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with _locked(self.folder):
                for asset in assets:
                    self._ensure(asset, report)
        except OSError as error:
            raise AssetError(f"cannot install into {self.folder}: {error.strerror or error}") from error

    def status(self) -> tuple[AssetStatus, ...]:
        """The status of every asset of the catalogue. It compares sizes, not hashes, so it is quick."""
        return tuple(self._status(self.catalogue[name], deep=False) for name in self.catalogue.names())

    def verify(self, names: Iterable[str] = ()) -> tuple[AssetStatus, ...]:
        """The status of assets by their hashes: of the named ones, else of those that must be or are installed."""
        chosen = tuple(names) or tuple(
            asset.name
            for asset in (self.catalogue[name] for name in self.catalogue.names())
            if asset.default or self.has(asset.name)
        )
        return tuple(self._status(self.catalogue[name], deep=True) for name in chosen)

    def _status(self, asset: Asset, *, deep: bool) -> AssetStatus:
        path = self.folder / asset.file
        if not path.is_file():
            return AssetStatus(asset, path, AssetState.MISSING)
        bad = asset.size != path.stat().st_size or (deep and self._difference(path, asset) is not None)
        return AssetStatus(asset, path, AssetState.DAMAGED if bad else AssetState.INSTALLED)

    def _ensure(self, asset: Asset, report: Report) -> None:
        if self._status(asset, deep=True).state is AssetState.INSTALLED:
            report(Progress(asset.name, "installed", asset.size, asset.size))
            return
        with _work_folder(self.folder / f".{asset.name}") as work:
            fresh = self._obtain(asset, work, report)
            move_into_place(fresh, self.folder / asset.file)
        report(Progress(asset.name, "installed", asset.size, asset.size))

    def _obtain(self, asset: Asset, work: Path, report: Report) -> Path:
        """Try the sources in order, then the conversion. The error lists the reason of each source."""
        sources: list[Source] = [*asset.sources]
        if self._offline is not None:
            sources.insert(0, FolderSource(self._offline, asset.file))
        reasons = []
        for number, source in enumerate(sources):
            folder = work / str(number)
            folder.mkdir()
            try:
                return self._fetched(asset, source, folder / asset.file, report)
            except FetchError as error:
                reasons.append(f"\n  {source}: {error}")
                report(Progress(asset.name, f"{source}: {error}"))
            shutil.rmtree(folder)
        if asset.derived is not None:
            return self._derive(asset, asset.derived, work / asset.file, report)
        raise FetchError(f"no source gave asset {asset.name}:{''.join(reasons) or ' it has none'}")

    def _derive(self, asset: Asset, derived: Derived, target: Path, report: Report) -> Path:
        for name in derived.source:
            self._ensure(self.catalogue[name], report)
        report(Progress(asset.name, "converting", 0, asset.size))
        target.write_bytes(derived.convert([self.path(name).read_bytes() for name in derived.source]))
        if found := self._difference(target, asset):
            raise AssetDamagedError(
                f"converting {', '.join(derived.source)} to {asset.name} gave another file: {found}"
            )
        return target

    def _fetched(self, asset: Asset, source: Source, target: Path, report: Report) -> Path:
        step = f"fetching from {source}"
        report(Progress(asset.name, step))
        source.fetch(target, lambda done, total: report(Progress(asset.name, step, done, total)))
        if found := self._difference(target, asset):
            raise FetchError(found)
        return target

    @staticmethod
    def _difference(path: Path, asset: Asset) -> str | None:
        """None when the file has the pinned hash, else a text with both hashes."""
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return f"it cannot be read: {error.strerror}"
        return None if found == asset.sha256 else f"its SHA-256 is {found}, expected {asset.sha256}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, waiting for another process that is installing."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """An empty temporary folder, removed at the end. What an interrupted installation left in it is removed first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
