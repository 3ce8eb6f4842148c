"""The catalogue of assets: pinned files, and for embedders how their network is used."""

import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError, field_validator, model_validator

from models.align import ALIGNMENTS
from models.assets.sources import NpmSource, PypiSource, UrlSource
from models.convert import dlib_resnet, openvino, single, tfjs
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
    metric: Literal["cosine", "hellinger"]
    mirrored: str | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    companion: str | None = None

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


class TfjsGraph(BaseModel):
    """An asset that is converted on this machine from a TensorFlow.js graph model.

    The sources are `model.json` and its binary; the network is converted up to the node `output`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    converter: Literal["tfjs"]
    source: tuple[Name, Name]
    precision: Precision
    output: str

    def convert(self, contents: Sequence[bytes]) -> bytes:
        """The TFLite file. Raises ConversionError."""
        return tfjs.convert(contents[0], contents[1], self.precision, output=self.output)


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


Derived = Annotated[DlibResnet | TfjsGraph | OpenvinoIr | SinglePicture, Field(discriminator="converter")]


class Asset(BaseModel):
    """One pinned file. Comments in assets.toml explain the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    purpose: str
    licence: str
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    git_blob: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    size: Annotated[int, Field(gt=0)] | None = None
    default: bool
    sources: tuple[AnySource, ...] = ()
    derived: Derived | None = None
    embedder: EmbedderDescription | None = None

    @property
    def pin(self) -> str | None:
        """The hash that the bytes must have. None for an asset made on this machine whose hash is not known before."""
        if self.sha256 is not None:
            return f"sha256:{self.sha256}"
        return None if self.git_blob is None else f"git-blob:{self.git_blob}"

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.derived is not None and self.sources:
            raise ValueError("an asset has either sources or is derived")
        if self.sha256 is not None and self.git_blob is not None:
            raise ValueError("an asset is pinned by sha256 or by git_blob, not by both")
        if self.pin is None and self.derived is None:
            raise ValueError("sha256 or git_blob is required: only a derived asset can do without")
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
            companion = asset.embedder.companion if asset.embedder else None
            if companion is not None and (companion not in self.root or self.root[companion].embedder is None):
                raise ValueError(f"{asset.name} goes with {companion}, which is not an embedder")
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

    @property
    def companions(self) -> frozenset[str]:
        """Names of the assets that an embedder uses where they are installed, and does without where they are not."""
        described = (asset.embedder for asset in self._assets.values())
        return frozenset(embedder.companion for embedder in described if embedder and embedder.companion)

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
