"""A TensorFlow.js graph model as TFLite: scales and shifts fold into the layer before, heads not asked for fall away.

Knows the operations of MobileNet-like face embedders and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.convert.graph import Activation, Graph, Node, Precision
from models.convert.tfjs_model import GraphModel, Operation, parse
from models.errors import ConversionError

_Constant: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Linear:
    """A convolution or matrix product that is not written yet, so that what follows may be folded into it.

    `weights` have their outputs on the last axis, `bias` is (outputs,); both float64.
    """

    write: Callable[["_Linear"], Node]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    activation: Activation = Activation.NONE


_Value: TypeAlias = Node | _Linear | _Constant


def convert(model_json: bytes, weights: bytes, precision: Precision, *, output: str) -> bytes:
    """Convert `model.json` and its binary to a TFLite file that computes the node named `output`.

    The same bytes give the same file on every machine. Raises ConversionError for anything not understood.
    """
    return _Conversion(parse(model_json, weights), precision).run(output)


class _Conversion:
    """The values of the graph's nodes, each computed when it is first needed."""

    def __init__(self, model: GraphModel, precision: Precision) -> None:
        self._model = model
        self._graph = Graph(precision)
        self._values: dict[str, _Value] = {}
        self._written: dict[str, Node] = {}

    def run(self, output: str) -> bytes:
        for operation in self._needed(output):
            self._values[operation.name] = self._value(operation)
        return self._graph.serialise(self._node(output))

    def _needed(self, output: str) -> list[Operation]:
        """The operations that `output` is computed from, sources before their users."""
        order: dict[str, Operation] = {}
        waiting = [(output, False)]
        while waiting:
            name, sources_done = waiting.pop()
            operation = self._model.operations.get(name)
            if operation is None:
                raise ConversionError(f"the graph has no node {name!r}")
            if sources_done:
                order[name] = operation
            elif name not in order:
                if (name, True) in waiting:
                    raise ConversionError(f"the graph runs in a circle through {name}")
                waiting += [(name, True), *((source, False) for source in reversed(operation.sources))]
        return list(order.values())

    def _value(self, operation: Operation) -> _Value:
        rule = _RULES.get(operation.op)
        if rule is None:
            raise ConversionError(f"{operation.name} is a {operation.op}, which this converter does not know")
        if operation.text("data_format") not in ("", "NHWC") or set(operation.integers("dilations")) - {1}:
            raise ConversionError(f"{operation.name} has a layout or dilation which this converter does not know")
        try:
            return rule(self, operation)
        except ValueError as error:  # from unpacking sources and from numpy: the graph does not fit together
            raise ConversionError(f"{operation.name} ({operation.op}) does not fit its sources: {error}") from error

    def _input(self, operation: Operation) -> _Value:
        batch, *sizes = operation.shape("shape")
        if batch not in (-1, 1) or min(sizes, default=0) < 1:
            raise ConversionError(f"the input {operation.name} has the open or empty shape {(batch, *sizes)}")
        return self._graph.input(operation.name, (1, *sizes))

    def _const(self, operation: Operation) -> _Value:
        if operation.name not in self._model.constants:
            raise ConversionError(f"the weights manifest does not have {operation.name}")
        return self._model.constants[operation.name]

    def _same(self, operation: Operation) -> _Value:
        (source,) = operation.sources
        return self._values[source]

    def _convolution(self, operation: Operation) -> _Value:
        source, kernel, *biases = operation.sources
        x, weights = self._node(source), self._constant(kernel)
        _, *stride, _ = operation.integers("strides")
        same = {"SAME": True, "VALID": False}.get(operation.text("padding"))
        depthwise = "Depthwise" in operation.op
        if same is None or len(stride) != 2 or x.shape[3] != weights.shape[2] or (depthwise and weights.shape[3] != 1):
            raise ConversionError(f"{operation.name} is a convolution which this converter does not know")
        if set(operation.texts("fused_ops")) - {"BiasAdd"} or len(biases) != len(operation.texts("fused_ops")):
            raise ConversionError(f"{operation.name} is fused with {operation.texts('fused_ops')}")

        def write(layer: _Linear) -> Node:
            add, axes = (self._graph.depthwise, (2, 0, 1, 3)) if depthwise else (self._graph.convolution, (3, 0, 1, 2))
            kernels = layer.weights.transpose(axes)
            step = (stride[0], stride[1])
            return add(x, kernels, layer.bias, stride=step, same=same, activation=layer.activation)

        # Depthwise kernels (height, width, channels, 1) get their outputs, the channels, onto the last axis.
        return self._linear(write, weights.swapaxes(2, 3) if depthwise else weights, biases)

    def _matmul(self, operation: Operation) -> _Value:
        source, kernel = operation.sources
        x, weights = self._node(source), self._constant(kernel)
        if operation.flag("transpose_a") or operation.flag("transpose_b"):
            raise ConversionError(f"{operation.name} multiplies by a transposed matrix")
        return self._linear(lambda layer: self._graph.fully_connected(x, layer.weights.T, layer.bias), weights, [])

    def _linear(self, write: Callable[[_Linear], Node], weights: NDArray[np.float64], biases: list[str]) -> _Linear:
        outputs = weights.shape[-1]
        return _Linear(write, weights, sum((self._channels(bias, outputs) for bias in biases), np.zeros(outputs)))

    def _add(self, operation: Operation) -> _Value:
        source, other = operation.sources
        x = self._values[source]
        if isinstance(x, _Linear) and x.activation is Activation.NONE:
            return replace(x, bias=x.bias + self._channels(other, len(x.bias)))
        raise ConversionError(f"{operation.name} adds to something other than a convolution or matrix product")

    def _multiply(self, operation: Operation) -> _Value:
        source, other = operation.sources
        x, factor = self._values[source], self._values[other]
        if not isinstance(factor, np.ndarray):
            return self._graph.multiply(self._node(source), self._node(other))
        if isinstance(x, _Linear) and x.activation is Activation.NONE:
            scale = self._channels(other, len(x.bias))
            return replace(x, weights=x.weights * scale, bias=x.bias * scale)
        raise ConversionError(f"{operation.name} scales something other than a convolution or matrix product")

    def _normalisation(self, operation: Operation) -> _Value:
        source, *parameters = operation.sources
        x = self._node(source)
        gamma, beta, mean, variance = (self._channels(name, x.shape[-1]) for name in parameters)
        if operation.flag("is_training"):
            raise ConversionError(f"{operation.name} is a normalisation in training")
        scale = gamma / np.sqrt(variance + operation.number("epsilon"))
        return self._graph.affine(x, scale, beta - mean * scale)

    def _relu(self, operation: Operation) -> _Value:
        (source,) = operation.sources
        x = self._values[source]
        if not isinstance(x, _Linear):
            raise ConversionError(f"{operation.name} follows something other than a convolution or matrix product")
        return x if x.activation else replace(x, activation=Activation.RELU)

    def _minimum(self, operation: Operation) -> _Value:
        source, bound = operation.sources
        x = self._values[source]
        if isinstance(x, _Linear) and x.activation and (self._constant(bound) == 6).all():
            return replace(x, activation=Activation.RELU6)
        raise ConversionError(f"{operation.name} is a bound other than 6 after a ReLU")

    def _maximum(self, operation: Operation) -> _Value:
        source, bound = operation.sources
        x = self._values[source]
        if isinstance(x, _Linear) and x.activation and (self._constant(bound) == 0).all():
            return x
        raise ConversionError(f"{operation.name} is a bound other than 0 after a ReLU")

    def _prelu(self, operation: Operation) -> _Value:
        source, slopes = operation.sources
        x = self._node(source)
        return self._graph.prelu(x, self._channels(slopes, x.shape[-1]))

    def _sigmoid(self, operation: Operation) -> _Value:
        (source,) = operation.sources
        return self._graph.sigmoid(self._node(source))

    def _pad(self, operation: Operation) -> _Value:
        source, amounts = operation.sources
        return self._graph.surround(self._node(source), self._constant(amounts).astype(np.int64))

    def _mean(self, operation: Operation) -> _Value:
        source, axes = operation.sources
        if operation.flag("keep_dims") or self._constant(axes).tolist() != [1, 2]:
            raise ConversionError(f"{operation.name} is not a mean over height and width")
        return self._graph.mean(self._node(source))

    def _reshape(self, operation: Operation) -> _Value:
        source, shape = operation.sources
        flat = self._graph.flatten(self._node(source))
        if self._constant(shape).tolist() not in ([-1, flat.shape[1]], [1, -1], [1, flat.shape[1]]):
            raise ConversionError(f"{operation.name} is a reshape other than into one row")
        return flat

    def _node(self, name: str) -> Node:
        """The node's tensor, written at its first use."""
        value = self._values[name]
        if isinstance(value, Node):
            return value
        if not isinstance(value, _Linear):
            raise ConversionError(f"{name} is a constant where a computed tensor belongs")
        if name not in self._written:
            self._written[name] = value.write(value)
        return self._written[name]

    def _constant(self, name: str) -> NDArray[np.float64]:
        value = self._values[name]
        if not isinstance(value, np.ndarray):
            raise ConversionError(f"{name} is computed where a constant belongs")
        return value.astype(np.float64)

    def _channels(self, name: str, count: int) -> NDArray[np.float64]:
        """A constant for every channel: its last axis, the others of size 1."""
        value = self._constant(name)
        if value.size != count or value.shape[-1] != count:
            raise ConversionError(f"{name} has shape {value.shape} where {count} channels need one number each")
        return value.reshape(count)


_RULES: dict[str, Callable[[_Conversion, Operation], _Value]] = {
    "Add": _Conversion._add,
    "AddV2": _Conversion._add,
    "BiasAdd": _Conversion._add,
    "Cast": _Conversion._same,
    "Const": _Conversion._const,
    "Conv2D": _Conversion._convolution,
    "DepthwiseConv2dNative": _Conversion._convolution,
    "FusedBatchNormV3": _Conversion._normalisation,
    "FusedDepthwiseConv2dNative": _Conversion._convolution,
    "Identity": _Conversion._same,
    "MatMul": _Conversion._matmul,
    "Maximum": _Conversion._maximum,
    "Mean": _Conversion._mean,
    "Minimum": _Conversion._minimum,
    "Mul": _Conversion._multiply,
    "Pad": _Conversion._pad,
    "Placeholder": _Conversion._input,
    "Prelu": _Conversion._prelu,
    "Relu": _Conversion._relu,
    "Reshape": _Conversion._reshape,
    "Sigmoid": _Conversion._sigmoid,
}
