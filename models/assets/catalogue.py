"""The list of assets, `models/assets.toml`, as typed entries."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, model_validator

from models.assets.sources import NpmSource, PypiSource, UrlSource
from models.convert.graph import Precision
from models.errors import AssetError, AssetUnknownError

_CATALOGUE = Path(__file__).resolve().parents[1] / "assets.toml"
_NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"

Name = Annotated[str, Field(pattern=_NAME)]
AnySource = Annotated[PypiSource | NpmSource | UrlSource, Field(discriminator="kind")]


class Derived(BaseModel):
    """An asset made from another one on this machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Name
    converter: Literal["dlib-resnet"]
    precision: Precision


class Asset(BaseModel):
    """One pinned file; comments in assets.toml explain the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    purpose: str
    licence: str
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0)]
    default: bool
    sources: tuple[AnySource, ...] = ()
    derived: Derived | None = None

    @property
    def identity(self) -> str:
        """Name and hash, as templates and records carry it."""
        return f"{self.name}@sha256:{self.sha256}"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.derived is not None and self.sources:
            raise ValueError("an asset has either sources or is derived")
        return self


class _Entries(RootModel[dict[Name, Asset]]):
    """The assets by name, consistent with each other."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        files = [asset.file for asset in self.root.values()]
        if len(files) != len(set(files)):
            raise ValueError("two assets have the same file name")
        for asset in self.root.values():
            if asset.derived is None:
                continue
            source = self.root.get(asset.derived.source)
            if source is None or source.derived is not None:
                raise ValueError(f"{asset.name} is derived from {asset.derived.source}, which is not a fetched asset")
        return self


class Catalogue:
    """Every asset there is, in the order of the file."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self._assets = {asset.name: asset for asset in assets}

    @classmethod
    def load(cls, path: Path = _CATALOGUE) -> Self:
        """Read a catalogue file. Raises AssetError that names the file and the faulty entry."""
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
            named = {name: _named(name, entry) for name, entry in raw.items()}
            return cls(_Entries.model_validate(named).root.values())
        except OSError as error:
            raise AssetError(f"the list of assets {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise AssetError(f"the list of assets {path} is wrong: {_first_line(error)}") from error

    def __getitem__(self, name: str) -> Asset:
        try:
            return self._assets[name]
        except KeyError:
            raise AssetUnknownError(f"there is no asset {name!r}; there are: {', '.join(self.names())}") from None

    def names(self, *, default_only: bool = False) -> tuple[str, ...]:
        """Names of all assets, or of those installed by default."""
        return tuple(name for name, asset in self._assets.items() if asset.default or not default_only)


def _named(name: str, entry: object) -> object:
    return {**entry, "name": name} if isinstance(entry, dict) else entry


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error)
