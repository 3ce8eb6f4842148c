"""A face network in OpenVINO's intermediate representation (opset 1, XML and one binary of weights) as TFLite.

Layers: https://docs.openvino.ai/2023.0/openvino_docs_ops_opset1.html. Tensors are NCHW there and NHWC here.
"""

import math
import xml.etree.ElementTree as Xml
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from models.convert.graph import Floats, Graph, Node, Precision
from models.errors import ConversionError

_ELEMENTS: Final[Mapping[str, str]] = {"f16": "<f2", "f32": "<f4"}

Value: TypeAlias = Node | Floats


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer of the file: its id, type, attributes, and the ids of the layers that it takes its inputs from."""

    id: str
    type: str
    attributes: Mapping[str, str]
    sources: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an input or a constant."""
        return self._numbers("shape")

    def pair(self, name: str) -> tuple[int, int]:
        """An attribute of two whole numbers, for height and width."""
        height, width = self._numbers(name, 2)
        return height, width

    def number(self, name: str) -> int:
        """An attribute of one whole number."""
        return self._numbers(name, 1)[0]

    def _numbers(self, name: str, count: int | None = None) -> tuple[int, ...]:
        try:
            numbers = tuple(int(number) for number in self.attributes[name].split(","))
        except (KeyError, ValueError) as error:
            raise ConversionError(f"layer {self.id} ({self.type}) has no usable {name}") from error
        if count not in (None, len(numbers)):
            raise ConversionError(f"layer {self.id} ({self.type}) has {len(numbers)} numbers for {name}, not {count}")
        return numbers


def convert(topology: bytes, weights: bytes, precision: Precision) -> bytes:
    """Convert a network with one input image and one output vector.

    The input becomes 1 x height x width x 3, float32, in the file's own colours and range; the output 1 x n. The same
    bytes give the same file on every machine. Raises ConversionError for what is no such network.
    """
    return _Conversion(_layers(topology), weights, precision).run()


def _layers(topology: bytes) -> list[_Layer]:
    """The layers in the file's order, each after those that it depends on."""
    try:
        root = Xml.fromstring(topology)  # noqa: S314 - the file's hash is pinned
        sources: dict[str, dict[int, str]] = {}
        for edge in root.iterfind("edges/edge"):
            sources.setdefault(edge.attrib["to-layer"], {})[int(edge.attrib["to-port"])] = edge.attrib["from-layer"]
        return [
            _Layer(
                layer.attrib["id"],
                layer.attrib["type"],
                {} if (data := layer.find("data")) is None else data.attrib,
                tuple(source for _, source in sorted(sources.get(layer.attrib["id"], {}).items())),
            )
            for layer in root.iterfind("layers/layer")
        ]
    except (Xml.ParseError, KeyError, ValueError) as error:
        raise ConversionError(f"not a network of OpenVINO: {error}") from error


class _Conversion:
    """Adds the layers to a graph in their order; `_values` holds what each of them gives."""

    def __init__(self, layers: list[_Layer], weights: bytes, precision: Precision) -> None:
        self._layers = layers
        self._weights = weights
        self._graph = Graph(precision)
        self._values: dict[str, Value] = {}
        self._biases: dict[str, Floats] = {}  # by the layer whose output the bias is added to
        self._added: set[str] = set()  # additions of those biases

    def run(self) -> bytes:
        """The TFLite file."""
        self._read_constants()
        self._find_biases()
        for layer in self._layers:
            if layer.type == "Result":
                return self._graph.serialise(self._graph.flatten(self._node(layer, 0)))
            if layer.id not in self._values:
                self._values[layer.id] = self._converted(layer)
        raise ConversionError("the network has no result")

    def _read_constants(self) -> None:
        for layer in self._layers:
            if layer.type == "Const":
                self._values[layer.id] = self._constant(layer)
            elif layer.type == "Convert" and layer.sources[0] in self._values:  # float16 to float32
                self._values[layer.id] = self._values[layer.sources[0]]

    def _find_biases(self) -> None:
        """A constant that is added to the output of a layer, which nothing else takes, is that layer's bias."""
        takers = Counter(source for layer in self._layers for source in layer.sources)
        for layer in self._layers:
            constants = [source for source in layer.sources if source in self._values]
            others = [source for source in layer.sources if source not in self._values]
            if layer.type == "Add" and len(constants) == len(others) == 1 and takers[others[0]] == 1:
                self._biases[others[0]] = self._constant_value(constants[0]).reshape(-1)
                self._added.add(layer.id)

    def _converted(self, layer: _Layer) -> Node:
        rules: Mapping[str, Callable[[_Layer], Node]] = {
            "Parameter": self._input,
            "Convolution": self._convolution,
            "GroupConvolution": self._depthwise,
            "PReLU": self._prelu,
            "AvgPool": self._mean,
            "Sigmoid": lambda layer: self._graph.sigmoid(self._node(layer, 0)),
            "Multiply": self._multiply,
            "Add": self._add,
        }
        if layer.type not in rules:
            raise ConversionError(f"layer {layer.id} is of the type {layer.type}, which is not converted here")
        return rules[layer.type](layer)

    def _input(self, layer: _Layer) -> Node:
        shape = layer.shape
        if len(shape) != 4 or shape[:2] != (1, 3):
            raise ConversionError(f"the input is {shape}, not one image of three colours")
        return self._graph.input("image", (1, *shape[2:], 3))

    def _convolution(self, layer: _Layer) -> Node:
        weights = self._array(layer, 1).transpose(0, 2, 3, 1)
        (x, same), bias = self._padded(layer, weights.shape[1:3]), self._bias(layer, len(weights))
        return self._graph.convolution(x, weights, bias, stride=layer.pair("strides"), same=same)

    def _depthwise(self, layer: _Layer) -> Node:
        weights = self._array(layer, 1)
        if weights.shape[1:3] != (1, 1):
            raise ConversionError(f"layer {layer.id} convolves groups of several channels")
        weights = weights[:, 0].transpose(1, 2, 3, 0)
        (x, same), bias = self._padded(layer, weights.shape[1:3]), self._bias(layer, weights.shape[3])
        return self._graph.depthwise(x, weights, bias, stride=layer.pair("strides"), same=same)

    def _padded(self, layer: _Layer, kernel: tuple[int, ...]) -> tuple[Node, bool]:
        """The input with its padding, and whether TFLite's own padding `same` is left to do it."""
        x, before, after = self._node(layer, 0), layer.pair("pads_begin"), layer.pair("pads_end")
        if layer.pair("dilations") != (1, 1):
            raise ConversionError(f"layer {layer.id} is dilated")
        if not any((*before, *after)):
            return x, False
        if layer.pair("strides") == (1, 1) and before == after == tuple(size // 2 for size in kernel):
            return x, True
        # TFLite's `same` puts the odd zero at the end at stride 2; here both sides have one.
        return self._graph.surround(x, np.array([(0, 0), *zip(before, after, strict=True), (0, 0)])), False

    def _prelu(self, layer: _Layer) -> Node:
        x = self._node(layer, 0)
        return self._graph.prelu(x, np.broadcast_to(self._array(layer, 1).reshape(-1), x.shape[3]))

    def _add(self, layer: _Layer) -> Node:
        x = self._node(layer, 0)
        return x if layer.id in self._added else self._graph.add(x, self._node(layer, 1))

    def _mean(self, layer: _Layer) -> Node:
        """The mean over all positions, (1, 1, 1, channels)."""
        x, kernel = self._node(layer, 0), layer.pair("kernel")
        if kernel != x.shape[1:3]:
            raise ConversionError(f"layer {layer.id} averages over {kernel}, not over all of {x.shape[1:3]}")
        return self._graph.pool(x, mean=True, window=kernel, stride=(1, 1))

    def _multiply(self, layer: _Layer) -> Node:
        x = self._node(layer, 0)
        if layer.sources[1] in self._values and not isinstance(self._values[layer.sources[1]], Node):
            scale = np.broadcast_to(self._array(layer, 1).reshape(-1), x.shape[3])
            return self._graph.affine(x, scale, self._bias(layer, x.shape[3]))
        return self._graph.multiply(x, self._node(layer, 1))

    def _bias(self, layer: _Layer, channels: int) -> Floats:
        return np.broadcast_to(self._biases.get(layer.id, np.zeros(1, np.float32)), channels)

    def _constant(self, layer: _Layer) -> Floats:
        element = layer.attributes.get("element_type", "")
        if element not in _ELEMENTS:
            raise ConversionError(f"layer {layer.id} holds numbers of the type {element!r}, not f16 or f32")
        start, size = layer.number("offset"), layer.number("size")
        data = self._weights[start : start + size]
        if len(data) != size or math.prod(layer.shape) * np.dtype(_ELEMENTS[element]).itemsize != size:
            raise ConversionError(f"layer {layer.id} wants {size} bytes of weights from {start} on, which do not fit")
        return np.frombuffer(data, _ELEMENTS[element]).astype(np.float32).reshape(layer.shape)

    def _node(self, layer: _Layer, port: int) -> Node:
        value = self._values.get(layer.sources[port]) if port < len(layer.sources) else None
        if not isinstance(value, Node):
            raise ConversionError(f"layer {layer.id} ({layer.type}) has no computed input {port}")
        return value

    def _array(self, layer: _Layer, port: int) -> Floats:
        if port >= len(layer.sources):
            raise ConversionError(f"layer {layer.id} ({layer.type}) has no input {port}")
        return self._constant_value(layer.sources[port])

    def _constant_value(self, source: str) -> Floats:
        value = self._values.get(source)
        if value is None or isinstance(value, Node):
            raise ConversionError(f"layer {source} is no constant where one belongs")
        return value
