"""A TFLite network that was exported for a batch of several pictures, made to take one.

Only shapes are changed: the first number of every tensor's shape, and what reshapes are told. The schema is
tensorflow/lite/schema/schema.fbs, version 3; the numbers of fields below are its slots.
"""

from collections.abc import Iterator
from typing import Final

import flatbuffers.number_types as numbers
from flatbuffers import encode
from flatbuffers.table import Table

from models.convert.tflite import Builtin
from models.errors import ConversionError

_IDENTIFIER: Final = b"TFL3"
_SUBGRAPHS, _BUFFERS, _CODES = 2, 4, 1
_TENSORS, _INPUTS, _OPERATORS = 0, 1, 3
_SHAPE, _BUFFER = 0, 2
_CODE, _OPERANDS, _OPTIONS = 0, 1, 4


def convert(network: bytes) -> bytes:
    """The same network for one picture. Raises ConversionError when it is no TFLite file for a batch."""
    if network[4:8] != _IDENTIFIER:
        raise ConversionError("not a TFLite network")
    return _Network(network).single()


class _Network:
    """The tables of the file, over one buffer that is changed in place."""

    def __init__(self, network: bytes) -> None:
        self._bytes = bytearray(network)
        self._model = Table(self._bytes, encode.Get(numbers.UOffsetTFlags.packer_type, self._bytes, 0))
        graphs = list(_tables(self._model, _SUBGRAPHS))
        if len(graphs) != 1:
            raise ConversionError(f"the network has {len(graphs)} graphs, not one")
        self._graph = graphs[0]
        self._tensors = list(_tables(self._graph, _TENSORS))
        self._buffers = list(_tables(self._model, _BUFFERS))

    def single(self) -> bytes:
        """Change the shapes and give the file."""
        (picture,) = _integers(self._graph, _INPUTS)
        batch = _integers(self._tensors[picture], _SHAPE)[0]
        if batch < 2:
            raise ConversionError("the network takes one picture already")
        for tensor in self._tensors:
            if self._is_computed(tensor):
                self._make_one(tensor, _SHAPE, batch)
        for operator in _tables(self._graph, _OPERATORS):
            if self._code(operator) == Builtin.RESHAPE:
                self._reshape(operator, batch)
        return bytes(self._bytes)

    def _reshape(self, operator: Table, batch: int) -> None:
        shape = self._tensors[_integers(operator, _OPERANDS)[1]]
        self._make_one(self._buffers[_number(shape, _BUFFER)], 0, batch)
        options = operator.Offset(_vtable(_OPTIONS))
        if options:
            self._make_one(Table(self._bytes, operator.Indirect(operator.Pos + options)), 0, batch)

    def _make_one(self, table: Table, slot: int, batch: int) -> None:
        """Set the first int32 of a vector to 1 where it is the batch."""
        offset = table.Offset(_vtable(slot))
        if not offset or not table.VectorLen(offset):
            return
        start = table.Vector(offset)
        if table.Get(numbers.Int32Flags, start) == batch:
            encode.Write(numbers.Int32Flags.packer_type, self._bytes, start, 1)

    def _is_computed(self, tensor: Table) -> bool:
        """Whether a tensor is no constant: constants lie in a buffer that holds data."""
        buffer = self._buffers[_number(tensor, _BUFFER)]
        offset = buffer.Offset(_vtable(0))
        return not offset or buffer.VectorLen(offset) == 0

    def _code(self, operator: Table) -> int:
        code = list(_tables(self._model, _CODES))[_number(operator, _CODE)]
        # Numbers up to 127 stand in the first, one-byte slot in files of any age.
        return int(code.GetSlot(_vtable(3), 0, numbers.Int32Flags) or code.GetSlot(_vtable(0), 0, numbers.Int8Flags))


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


def _number(table: Table, slot: int) -> int:
    return int(table.GetSlot(_vtable(slot), 0, numbers.Uint32Flags))
