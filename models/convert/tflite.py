"""Write a TFLite flatbuffer (tensorflow/lite/schema/schema.fbs, version 3) with the `flatbuffers` package."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import flatbuffers
import numpy as np

_SCHEMA_VERSION = 3
_ALIGNMENT = 16
_LAST_DEPRECATED_CODE = 127


class ElementType(IntEnum):
    """TensorType of the schema."""

    FLOAT32 = 0
    FLOAT16 = 1
    INT32 = 2
    UINT8 = 3


class Builtin(IntEnum):
    """BuiltinOperator of the schema."""

    ADD = 0
    AVERAGE_POOL_2D = 1
    CONV_2D = 3
    DEPTHWISE_CONV_2D = 4
    DEQUANTIZE = 6
    FULLY_CONNECTED = 9
    LOGISTIC = 14
    MAX_POOL_2D = 17
    MUL = 18
    RELU = 19
    RESHAPE = 22
    PAD = 34
    MEAN = 40
    SUB = 41
    PRELU = 54
    ABS = 101


@dataclass(frozen=True, slots=True)
class OperatorOptions:
    """An operator's options table: its number in the schema's BuiltinOptions union and its fields in slot order."""

    union: int
    fields: tuple[int | bool, ...] = ()
    wide: frozenset[int] = frozenset()
    """Slots that are int32; the others are one byte (enumerations and truth values)."""


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A tensor of the graph; one with data is a constant."""

    name: str
    shape: tuple[int, ...]
    type: ElementType
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """One operation; inputs and outputs are indices of tensors."""

    code: Builtin
    version: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: OperatorOptions


def serialise(
    tensors: Sequence[Tensor], operators: Sequence[Operator], inputs: Sequence[int], outputs: Sequence[int]
) -> bytes:
    """Lay out the graph as one `TFL3` file; the same graph gives the same bytes."""
    return _Writer(sum(len(tensor.data or b"") for tensor in tensors)).model(tensors, operators, inputs, outputs)


class _Writer:
    """Tables of the schema, children before parents as flatbuffers wants them; numbers are the schema's slots."""

    def __init__(self, weight_bytes: int) -> None:
        self._builder = flatbuffers.Builder(weight_bytes + weight_bytes // 16 + 65536)

    def model(
        self, tensors: Sequence[Tensor], operators: Sequence[Operator], inputs: Sequence[int], outputs: Sequence[int]
    ) -> bytes:
        constants = [tensor.data for tensor in tensors if tensor.data is not None]
        buffers = self._tables([self._table(1), *(self._buffer(data) for data in constants)])
        kinds = sorted({(operator.code, operator.version) for operator in operators})
        codes = self._tables([self._operator_code(code, version) for code, version in kinds])
        graph = self._subgraph(tensors, operators, (inputs, outputs), kinds)
        model = self._table(5, i32={0: _SCHEMA_VERSION}, refs={1: codes, 2: self._tables([graph]), 4: buffers})
        self._builder.Finish(model, b"TFL3")
        return bytes(self._builder.Output())

    def _subgraph(
        self,
        tensors: Sequence[Tensor],
        operators: Sequence[Operator],
        ends: tuple[Sequence[int], Sequence[int]],
        kinds: list[tuple[Builtin, int]],
    ) -> int:
        numbers, constants = [], 0
        for tensor in tensors:
            constants += tensor.data is not None
            numbers.append(self._tensor(tensor, constants if tensor.data is not None else 0))
        steps = [self._operator(operator, kinds.index((operator.code, operator.version))) for operator in operators]
        inputs, outputs = (self._int32s(end) for end in ends)
        return self._table(
            5, refs={0: self._tables(numbers), 1: inputs, 2: outputs, 3: self._tables(steps), 4: self._string("main")}
        )

    def _operator_code(self, code: Builtin, version: int) -> int:
        return self._table(4, i8={0: min(code, _LAST_DEPRECATED_CODE)}, i32={2: version, 3: code})

    def _tensor(self, tensor: Tensor, buffer: int) -> int:
        refs = {0: self._int32s(tensor.shape), 3: self._string(tensor.name)}
        return self._table(5, i8={1: tensor.type}, i32={2: buffer}, refs=refs)

    def _operator(self, operator: Operator, code: int) -> int:
        options = operator.options
        fields = dict(enumerate(options.fields))
        table = self._table(
            len(fields),
            i8={slot: int(value) for slot, value in fields.items() if slot not in options.wide},
            i32={slot: int(value) for slot, value in fields.items() if slot in options.wide},
        )
        refs = {1: self._int32s(operator.inputs), 2: self._int32s(operator.outputs), 4: table}
        if not options.union:
            del refs[4]
        return self._table(5, i8={3: options.union}, i32={0: code}, refs=refs)

    def _buffer(self, data: bytes) -> int:
        builder = self._builder
        builder.StartVector(1, len(data), _ALIGNMENT)
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        return self._table(1, refs={0: int(builder.EndVector())})

    def _int32s(self, values: Sequence[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.asarray(values, dtype="<i4")))

    def _string(self, text: str) -> int:
        return int(self._builder.CreateString(text))

    def _tables(self, offsets: Sequence[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def _table(
        self,
        slots: int,
        i8: dict[int, int] | None = None,
        i32: dict[int, int] | None = None,
        refs: dict[int, int] | None = None,
    ) -> int:
        """Start, fill and end one table; a zero is left to the schema's default, which is 0 wherever we write one."""
        builder = self._builder
        builder.StartObject(slots)
        fill: tuple[tuple[Callable[[int, int, int], None], dict[int, int] | None], ...] = (
            (builder.PrependUOffsetTRelativeSlot, refs),
            (builder.PrependInt32Slot, i32),
            (builder.PrependInt8Slot, i8),
        )
        for prepend, values in fill:
            for slot, value in (values or {}).items():
                prepend(slot, value, 0)
        return int(builder.EndObject())
