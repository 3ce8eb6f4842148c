"""Read a TensorFlow.js graph model: `model.json` with its nodes and weights manifest, and the binary beside it."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from models.errors import ConversionError


class _Dimension(BaseModel):
    size: int


class _Shape(BaseModel):
    dim: tuple[_Dimension, ...] = ()


class _List(BaseModel):
    i: tuple[int, ...] = ()
    s: tuple[str, ...] = ()


class _Attribute(BaseModel):
    """One of the kinds of value that a protobuf AttrValue can hold; text is in base64."""

    s: str | None = None
    b: bool | None = None
    f: float | None = None
    list: _List | None = None
    shape: _Shape | None = None


class Operation(BaseModel):
    """One node of the graph, with the attributes that conversion asks for."""

    name: str
    op: str
    input: tuple[str, ...] = ()
    attr: dict[str, _Attribute] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the nodes whose first output goes in here."""
        return tuple(name.removesuffix(":0") for name in self.input)

    def text(self, key: str) -> str:
        """An attribute such as a padding, empty where it is not given."""
        return _decoded(self._attribute(key).s or "")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, such as the operations fused into this one."""
        found = self._attribute(key).list
        return tuple(_decoded(item) for item in found.s) if found else ()

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of integers, such as strides."""
        found = self._attribute(key).list
        return found.i if found else ()

    def number(self, key: str) -> float:
        """A number such as an epsilon, 0 where it is not given."""
        return self._attribute(key).f or 0.0

    def flag(self, key: str) -> bool:
        """A truth value, false where it is not given."""
        return bool(self._attribute(key).b)

    def shape(self, key: str) -> tuple[int, ...]:
        """A shape; -1 where a size is open."""
        found = self._attribute(key).shape
        return tuple(dimension.size for dimension in found.dim) if found else ()

    def _attribute(self, key: str) -> _Attribute:
        return (self.attr or {}).get(key, _Attribute())


class _Quantisation(BaseModel):
    dtype: Literal["float16"]


class _Weight(BaseModel):
    name: str
    shape: tuple[int, ...]
    dtype: Literal["float32", "int32"]
    quantization: _Quantisation | None = None

    @property
    def stored(self) -> np.dtype[Any]:
        if self.dtype == "int32":
            return np.dtype("<i4")
        return np.dtype("<f2" if self.quantization else "<f4")


class _Group(BaseModel):
    weights: tuple[_Weight, ...]


class _Topology(BaseModel):
    node: tuple[Operation, ...]


class _File(BaseModel):
    format: Literal["graph-model"]
    topology: _Topology = Field(alias="modelTopology")
    manifest: tuple[_Group, ...] = Field(alias="weightsManifest")


@dataclass(frozen=True, slots=True, eq=False)
class GraphModel:
    """Operations by name, and the arrays of the Const ones."""

    operations: Mapping[str, Operation]
    constants: Mapping[str, NDArray[Any]]


def parse(model_json: bytes, weights: bytes) -> GraphModel:
    """Read both files; float16 weights stay float16. Raises ConversionError when they are not such a model."""
    try:
        file = _File.model_validate_json(model_json)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConversionError(f"not a TensorFlow.js graph model: {where}: {first['msg']}") from error
    entries = [weight for group in file.manifest for weight in group.weights]
    return GraphModel({node.name: node for node in file.topology.node}, _constants(entries, weights))


def _constants(entries: list[_Weight], data: bytes) -> dict[str, NDArray[Any]]:
    constants: dict[str, NDArray[Any]] = {}
    position = 0
    for entry in entries:
        count = int(np.prod(entry.shape, dtype=np.int64))
        end = position + count * entry.stored.itemsize
        if min(entry.shape, default=1) < 0 or end > len(data):
            raise ConversionError(f"the weights end before {entry.name} is complete")
        constants[entry.name] = np.frombuffer(data, entry.stored, count, position).reshape(entry.shape)
        position = end
    if position != len(data):
        raise ConversionError(f"the weights go on for {len(data) - position} bytes after the last of the manifest")
    return constants


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ConversionError(f"the attribute {text!r} is not text in base64") from error
