"""The catalogue of assets: pinned files, and for embedders how their network is used."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, field_validator, model_validator

from models.align import ALIGNMENTS
from models.assets.sources import NpmSource, PypiSource, UrlSource
from models.convert import dlib_resnet, openvino, single
from models.convert.graph import Precision
from models.errors import AssetError, AssetUnknownError


class EmbedderDescription(BaseModel):
    """How the network of an embedder is used. Comments in assets.toml explain the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: Annotated[int, Field(gt=0)]
    colour: Literal["rgb", "bgr"]
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: Annotated[float, Field(gt=0)] = 1.0
    alignment: str
    dimension: Annotated[int, Field(gt=0)]
    mirrored: str | None = None

    @field_validator("alignment", "mirrored")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in ALIGNMENTS:
            raise ValueError(f"there is no alignment {name!r}; there are: {', '.join(ALIGNMENTS)}")
        return name


_CATALOGUE = Path(__file__).resolve().parents[1] / "assets.toml"
_NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"

Name = Annotated[str, Field(pattern=_NAME)]
AnySource = Annotated[PypiSource | NpmSource | UrlSource, Field(discriminator="kind")]


class DlibResnet(BaseModel):
    """An asset that is converted on this machine from dlib's weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    converter: Literal["dlib-resnet"]
    source: tuple[Name]
    precision: Precision

    def convert(self, contents: Sequence[bytes]) -> bytes:
        """The TFLite file. Raises ConversionError."""
        return dlib_resnet.convert(contents[0], self.precision)


class OpenvinoIr(BaseModel):
    """Made on this machine from OpenVINO's intermediate representation: the XML and its binary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    converter: Literal["openvino"]
    source: tuple[Name, Name]
    precision: Precision

    def convert(self, contents: Sequence[bytes]) -> bytes:
        """The TFLite file. Raises ConversionError."""
        return openvino.convert(contents[0], contents[1], self.precision)


class SinglePicture(BaseModel):
    """Made on this machine from a TFLite network that takes several pictures at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    converter: Literal["single"]
    source: tuple[Name]
    precision: Precision

    def convert(self, contents: Sequence[bytes]) -> bytes:
        """The TFLite file. Raises ConversionError."""
        return single.convert(contents[0], self.precision)


Derived = Annotated[DlibResnet | OpenvinoIr | SinglePicture, Field(discriminator="converter")]


class Asset(BaseModel):
    """One pinned file. Comments in assets.toml explain the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    purpose: str
    licence: str
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0)]
    default: bool = False
    sources: tuple[AnySource, ...] = ()
    derived: Derived | None = None
    embedder: EmbedderDescription | None = None
    trained_on: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.derived is not None and self.sources:
            raise ValueError("an asset has either sources or is derived")
        return self

    @model_validator(mode="after")
    def _trained_on_something(self) -> Self:
        if self.embedder is not None and self.trained_on is None:
            raise ValueError("an embedder must say what it was trained on (trained_on)")
        return self


class _Entries(RootModel[dict[Name, Asset]]):
    """The assets by name. Validation checks that they fit together."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        files = [asset.file for asset in self.root.values()]
        if len(files) != len(set(files)):
            raise ValueError("two assets have the same file name")
        for asset in self.root.values():
            for name in asset.derived.source if asset.derived else ():
                source = self.root.get(name)
                if source is None or source.derived is not None:
                    raise ValueError(f"{asset.name} is derived from {name}, which is not a fetched asset")
        return self


class Catalogue:
    """All assets, in the order of the catalogue file."""

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
