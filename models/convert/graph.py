"""Builds a TFLite graph layer by layer. It tracks shapes and stores weights in the wanted precision."""

import math
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.convert.tflite import Builtin, ElementType, Operator, OperatorOptions, Tensor, serialise
from models.errors import ConversionError

Floats: TypeAlias = NDArray[np.floating[Any]]

_SAME, _VALID = 0, 1


class Activation(IntEnum):
    """The function applied to every number of an operation's output (ActivationFunctionType of the schema)."""

    NONE = 0
    RELU = 1


class Precision(Enum):
    """How weights are stored; the arithmetic between layers stays float32.

    FLOAT16 halves the file and is widened when the network is loaded.
    """

    FLOAT32 = "float32"
    FLOAT16 = "float16"


@dataclass(frozen=True, slots=True)
class Node:
    """A tensor of the graph being built: its index and shape (batch, height, width, channels) or (batch, channels)."""

    index: int
    shape: tuple[int, ...]


class Graph:
    """A network under construction. Each method adds one operation and returns its output."""

    def __init__(self, precision: Precision) -> None:
        self._precision = precision
        self._tensors: list[Tensor] = []
        self._operators: list[Operator] = []
        self._inputs: list[int] = []

    def input(self, name: str, shape: tuple[int, ...]) -> Node:
        """Add a float32 input."""
        node = self._node(Tensor(name, shape, ElementType.FLOAT32))
        self._inputs.append(node.index)
        return node

    def convolution(
        self,
        x: Node,
        weights: Floats,
        bias: Floats,
        *,
        stride: tuple[int, int],
        same: bool,
        activation: Activation = Activation.NONE,
    ) -> Node:
        """Convolve with weights (out, height, width, in) and bias (out,); `same` pads to keep the size at stride 1."""
        height, width = _sizes(x, weights.shape[1:3], stride, same=same)
        inputs = (x.index, self._weights(weights), self._weights(bias))
        fields = (_SAME if same else _VALID, stride[1], stride[0], activation, 1, 1)
        options = OperatorOptions(1, fields, frozenset({1, 2, 4, 5}))
        return self._operation(Builtin.CONV_2D, 1, inputs, (1, height, width, len(weights)), options)

    def depthwise(
        self,
        x: Node,
        weights: Floats,
        bias: Floats,
        *,
        stride: tuple[int, int],
        same: bool,
        activation: Activation = Activation.NONE,
    ) -> Node:
        """Convolve every channel with its own weights (1, height, width, channels) and bias (channels,)."""
        height, width = _sizes(x, weights.shape[1:3], stride, same=same)
        inputs = (x.index, self._weights(weights), self._weights(bias))
        fields = (_SAME if same else _VALID, stride[1], stride[0], 1, activation, 1, 1)
        options = OperatorOptions(2, fields, frozenset({1, 2, 3, 5, 6}))
        return self._operation(Builtin.DEPTHWISE_CONV_2D, 1, inputs, (1, height, width, x.shape[3]), options)

    def pool(self, x: Node, *, mean: bool, window: tuple[int, int], stride: tuple[int, int]) -> Node:
        """Take the largest or mean value of windows that lie wholly inside."""
        height, width = _sizes(x, window, stride, same=False)
        fields = (_VALID, stride[1], stride[0], window[1], window[0], False)
        code = Builtin.AVERAGE_POOL_2D if mean else Builtin.MAX_POOL_2D
        options = OperatorOptions(5, fields, frozenset({1, 2, 3, 4}))
        return self._operation(code, 1, (x.index,), (1, height, width, x.shape[3]), options)

    def mean(self, x: Node) -> Node:
        """Average over all positions: (batch, height, width, channels) to (batch, channels)."""
        axes = self._integers(np.array([1, 2]))
        return self._operation(Builtin.MEAN, 1, (x.index, axes), (1, x.shape[3]), OperatorOptions(27, (False,)))

    def pad(self, x: Node, shape: tuple[int, ...]) -> Node:
        """Grow to a shape with zeros at the end of every axis; nothing is added when it has that shape."""
        if x.shape == shape:
            return x
        amounts = np.array([(0, wanted - size) for wanted, size in zip(shape, x.shape, strict=True)])
        if (amounts < 0).any():
            raise ConversionError(f"cannot pad a tensor of shape {x.shape} to {shape}: it is larger")
        return self.surround(x, amounts)

    def surround(self, x: Node, amounts: NDArray[np.int_]) -> Node:
        """Put zeros before and after every axis, `amounts` (axes, 2)."""
        shape = tuple(int(size + added.sum()) for size, added in zip(x.shape, amounts, strict=True))
        return self._operation(Builtin.PAD, 1, (x.index, self._integers(amounts)), shape, OperatorOptions(22))

    def add(self, x: Node, y: Node, *, activation: Activation = Activation.NONE) -> Node:
        """Add two tensors of one shape."""
        return self._pair(Builtin.ADD, x, y, OperatorOptions(11, (activation,)))

    def multiply(self, x: Node, y: Node) -> Node:
        """Multiply two tensors number by number; `y` may be one factor for each channel, (1, 1, 1, channels)."""
        options = OperatorOptions(21, (Activation.NONE,))
        if y.shape == (1, 1, 1, x.shape[-1]):
            return self._operation(Builtin.MUL, 1, (x.index, y.index), x.shape, options)
        return self._pair(Builtin.MUL, x, y, options)

    def affine(self, x: Node, scale: Floats, shift: Floats) -> Node:
        """Multiply every channel by its scale (channels,) and add its shift (channels,)."""
        scaled = self._operation(Builtin.MUL, 1, (x.index, self._weights(scale)), x.shape, OperatorOptions(21, (0,)))
        return self._operation(Builtin.ADD, 1, (scaled.index, self._weights(shift)), x.shape, OperatorOptions(11, (0,)))

    def sigmoid(self, x: Node) -> Node:
        """The logistic function of every number."""
        return self._operation(Builtin.LOGISTIC, 1, (x.index,), x.shape, OperatorOptions(0))

    def prelu(self, x: Node, slopes: Floats) -> Node:
        """Multiply negative numbers by their channel's slope, (channels,)."""
        alpha = self._weights(slopes.reshape(1, 1, -1))
        return self._operation(Builtin.PRELU, 1, (x.index, alpha), x.shape, OperatorOptions(0))

    def flatten(self, x: Node) -> Node:
        """All numbers in one row, (1, n)."""
        shape = (1, math.prod(x.shape))
        return self._operation(
            Builtin.RESHAPE, 1, (x.index, self._integers(np.array(shape))), shape, OperatorOptions(17)
        )

    def fully_connected(self, x: Node, weights: Floats, bias: Floats | None = None) -> Node:
        """Multiply (batch, in) by weights (out, in) and add the bias (out,) if there is one."""
        if x.shape[-1] != weights.shape[1]:
            raise ConversionError(f"{x.shape[-1]} numbers meet a layer for {weights.shape[1]}")
        inputs = (x.index, self._weights(weights), -1 if bias is None else self._weights(bias))
        options = OperatorOptions(8, (False,))
        return self._operation(Builtin.FULLY_CONNECTED, 1, inputs, (1, len(weights)), options)

    def serialise(self, output: Node) -> bytes:
        """The TFLite file that computes `output`."""
        return serialise(self._tensors, self._operators, self._inputs, [output.index])

    def _pair(self, code: Builtin, x: Node, y: Node, options: OperatorOptions) -> Node:
        if x.shape != y.shape:
            raise ConversionError(f"cannot {code.name.lower()} tensors of shapes {x.shape} and {y.shape}")
        return self._operation(code, 1, (x.index, y.index), x.shape, options)

    def _operation(
        self, code: Builtin, version: int, inputs: tuple[int, ...], shape: tuple[int, ...], options: OperatorOptions
    ) -> Node:
        output = self._node(Tensor(f"{code.name.lower()}_{len(self._operators)}", shape, ElementType.FLOAT32))
        self._operators.append(Operator(code, version, inputs, (output.index,), options))
        return output

    def _node(self, tensor: Tensor) -> Node:
        self._tensors.append(tensor)
        return Node(len(self._tensors) - 1, tensor.shape)

    def _constant(self, values: NDArray[Any], element: ElementType, dtype: str) -> int:
        if np.dtype(dtype).kind == "f" and not np.abs(values).max() <= np.finfo(dtype).max:
            raise ConversionError(f"a weight is too large for {np.dtype(dtype).name}")
        data = np.ascontiguousarray(values, dtype=dtype).tobytes()
        return self._node(Tensor(f"constant_{len(self._tensors)}", values.shape, element, data)).index

    def _integers(self, values: NDArray[np.int_]) -> int:
        return self._constant(values, ElementType.INT32, "<i4")

    def _weights(self, values: Floats) -> int:
        if self._precision is Precision.FLOAT16:
            return self._half(values)
        return self._constant(values, ElementType.FLOAT32, "<f4")

    def _half(self, values: Floats) -> int:
        stored = self._constant(values, ElementType.FLOAT16, "<f2")
        return self._operation(Builtin.DEQUANTIZE, 3, (stored,), values.shape, OperatorOptions(38)).index


def _sizes(x: Node, kernel: tuple[int, ...], stride: tuple[int, int], *, same: bool) -> list[int]:
    """Height and width of the output."""
    return [_windows(*axis, same=same) for axis in zip(x.shape[1:3], kernel, stride, strict=True)]


def _windows(size: int, kernel: int, step: int, *, same: bool) -> int:
    count = -(-size // step) if same else (size - kernel) // step + 1
    if count < 1 or kernel < 1:
        raise ConversionError(f"a window of {kernel} px does not fit into {size} px")
    return count
