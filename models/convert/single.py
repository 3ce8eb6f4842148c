"""A face network that was exported as TFLite for a batch of several pictures, built anew for one.

What the exporter wrote as five operations, RELU, ABS, SUB, MUL and ADD, becomes one PRELU. The schema is
tensorflow/lite/schema/schema.fbs, version 3; the numbers of fields below are its slots.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import flatbuffers.number_types as numbers
import numpy as np
from flatbuffers.table import Table

from models.convert.graph import Floats, Graph, Node, Precision
from models.convert.tflite import Builtin, ElementType
from models.errors import ConversionError

_IDENTIFIER: Final = b"TFL3"
_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4
_TENSORS, _INPUTS, _OUTPUTS, _OPERATORS = 0, 1, 2, 3
_SHAPE, _TYPE, _BUFFER = 0, 1, 2
_CODE, _OPERANDS, _RESULTS, _OPTIONS = 0, 1, 2, 4
_PADDING, _STRIDE_X, _STRIDE_Y = 0, 1, 2  # of both kinds of convolution
_ACTIVATION: Final[Mapping[Builtin, int]] = {Builtin.CONV_2D: 3, Builtin.DEPTHWISE_CONV_2D: 4, Builtin.ADD: 0}
_DILATION: Final[Mapping[Builtin, tuple[int, int]]] = {Builtin.CONV_2D: (4, 5), Builtin.DEPTHWISE_CONV_2D: (5, 6)}


@dataclass(frozen=True, slots=True, eq=False)
class _Operator:
    """One operator of the file: its code and the tensors that it takes."""

    code: int
    inputs: tuple[int, ...]
    options: Table | None

    def option(self, slot: int, kind: Any = numbers.Int32Flags, default: int = 0) -> int:
        """One field of its options."""
        return default if self.options is None else int(self.options.GetSlot(_vtable(slot), default, kind))


def convert(network: bytes, precision: Precision) -> bytes:
    """The same network for one picture.

    The input becomes 1 x height x width x 3, float32; the output 1 x n. The same bytes give the same file on every
    machine. Raises ConversionError for what is no such network.
    """
    if network[4:8] != _IDENTIFIER:
        raise ConversionError("not a TFLite network")
    try:
        return _Conversion(network, precision).run()
    except (struct.error, ValueError, IndexError, TypeError) as error:
        raise ConversionError(f"not a TFLite network that can be read: {error}") from error


class _Conversion:
    """Builds each tensor when it is asked for, so that only what the output depends on is built."""

    def __init__(self, network: bytes, precision: Precision) -> None:
        model = Table(bytearray(network), int.from_bytes(network[:4], "little"))
        graphs = list(_tables(model, _SUBGRAPHS))
        if len(graphs) != 1:
            raise ConversionError(f"the network has {len(graphs)} graphs, not one")
        self._source = graphs[0]
        self._tensors = list(_tables(self._source, _TENSORS))
        self._buffers = list(_tables(model, _BUFFERS))
        self._makers = _makers(self._source, [_code(code) for code in _tables(model, _CODES)])
        self._graph = Graph(precision)
        self._nodes: dict[int, Node] = {}

    def run(self) -> bytes:
        """The TFLite file."""
        (picture,), (result,) = _integers(self._source, _INPUTS), _integers(self._source, _OUTPUTS)
        batch, *shape = self._shape(picture)
        if batch < 2:
            raise ConversionError("the network takes one picture already")
        self._nodes[picture] = self._graph.input("image", (1, *shape))
        return self._graph.serialise(self._node(result))

    def _node(self, tensor: int) -> Node:
        if tensor not in self._nodes:
            self._nodes[tensor] = self._made(self._maker(tensor))
        return self._nodes[tensor]

    def _made(self, operator: _Operator) -> Node:
        rules: Mapping[int, Callable[[_Operator], Node]] = {
            Builtin.CONV_2D: lambda operator: self._convolution(operator, self._graph.convolution),
            Builtin.DEPTHWISE_CONV_2D: lambda operator: self._convolution(operator, self._graph.depthwise),
            Builtin.ADD: self._add,
            Builtin.RESHAPE: lambda operator: self._graph.flatten(self._node(operator.inputs[0])),
        }
        if operator.code not in rules:
            raise ConversionError(f"operator {operator.code} of the schema is not converted here")
        code = Builtin(operator.code)
        if code in _ACTIVATION and operator.option(_ACTIVATION[code], numbers.Int8Flags):
            raise ConversionError(f"a {code.name} has an activation of its own, which is not converted here")
        return rules[code](operator)

    def _convolution(self, operator: _Operator, build: Callable[..., Node]) -> Node:
        if any(operator.option(slot, default=1) != 1 for slot in _DILATION[Builtin(operator.code)]):
            raise ConversionError("a convolution is dilated")
        x, weights, bias = operator.inputs
        return build(
            self._node(x),
            self._constant(weights),
            self._constant(bias),
            stride=(operator.option(_STRIDE_Y), operator.option(_STRIDE_X)),
            same=operator.option(_PADDING, numbers.Int8Flags) == 0,
        )

    def _add(self, operator: _Operator) -> Node:
        first, second = (self._makers.get(tensor) for tensor in operator.inputs)
        if first and second and (first.code, second.code) == (Builtin.RELU, Builtin.MUL):
            return self._prelu(first.inputs[0], *second.inputs)
        return self._graph.add(*(self._node(tensor) for tensor in operator.inputs))

    def _prelu(self, x: int, factor: int, difference: int) -> Node:
        """relu(x) + factor (x - |x|): below zero x - |x| is 2 x, above it is nothing."""
        less = self._maker(difference)
        size = self._maker(less.inputs[1]) if less.code == Builtin.SUB and less.inputs[0] == x else less
        if size.code != Builtin.ABS or size.inputs != (x,):
            raise ConversionError("what is added to a rectified tensor is not its negative part")
        return self._graph.prelu(self._node(x), 2 * self._constant(factor))

    def _maker(self, tensor: int) -> _Operator:
        if tensor not in self._makers:
            raise ConversionError(f"tensor {tensor} is a constant where a computed one belongs")
        return self._makers[tensor]

    def _constant(self, tensor: int) -> Floats:
        table = self._tensors[tensor]
        buffer = self._buffers[_number(table, _BUFFER)]
        offset = buffer.Offset(_vtable(0))
        if _number(table, _TYPE, numbers.Int8Flags) != ElementType.FLOAT32 or not offset:
            raise ConversionError(f"tensor {tensor} is no constant of float32")
        start, size = buffer.Vector(offset), buffer.VectorLen(offset)
        return np.frombuffer(buffer.Bytes, "<f4", size // 4, start).reshape(self._shape(tensor))

    def _shape(self, tensor: int) -> list[int]:
        return _integers(self._tensors[tensor], _SHAPE)


def _makers(graph: Table, codes: list[int]) -> dict[int, _Operator]:
    """The operators by the tensor that each of them makes."""
    found = {}
    for table in _tables(graph, _OPERATORS):
        offset = table.Offset(_vtable(_OPTIONS))
        options = Table(table.Bytes, table.Indirect(table.Pos + offset)) if offset else None
        (output,) = _integers(table, _RESULTS)
        found[output] = _Operator(codes[_number(table, _CODE)], tuple(_integers(table, _OPERANDS)), options)
    return found


def _code(table: Table) -> int:
    # Numbers up to 127 stand in the first, one-byte slot in files of any age.
    return _number(table, 3, numbers.Int32Flags) or _number(table, 0, numbers.Int8Flags)


def _vtable(slot: int) -> int:
    return 4 + 2 * slot


def _tables(table: Table, slot: int) -> Iterator[Table]:
    """The tables of a vector."""
    offset = table.Offset(_vtable(slot))
    if not offset:
        return
    start = table.Vector(offset)
    for index in range(table.VectorLen(offset)):
        yield Table(table.Bytes, table.Indirect(start + 4 * index))


def _integers(table: Table, slot: int) -> list[int]:
    """The int32 numbers of a vector."""
    offset = table.Offset(_vtable(slot))
    start = table.Vector(offset)
    return [table.Get(numbers.Int32Flags, start + 4 * index) for index in range(table.VectorLen(offset))]


def _number(table: Table, slot: int, kind: Any = numbers.Uint32Flags) -> int:
    return int(table.GetSlot(_vtable(slot), 0, kind))
