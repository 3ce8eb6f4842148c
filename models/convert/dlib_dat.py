"""Reads dlib's portable serialisation (dlib/serialize.h, dlib/cuda/tensor_tools.cpp) and the networks in it."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.errors import ConversionError

Floats: TypeAlias = NDArray[np.float32]

_MAX_NUMBER_BYTES = 8
_MAX_SIZE = 1 << 24


class DlibReader:
    """Reads values from the start of a file on. Raises ConversionError, which names the byte, for anything
    unexpected."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def error(self, what: str) -> ConversionError:
        """An error that says what is unexpected, and at which byte."""
        return ConversionError(f"not a dlib face network: {what} (at byte {self._at} of {len(self._data)})")

    def expect(self, found: object, expected: object, what: str) -> None:
        """Raise ConversionError when `found` is not `expected`."""
        if found != expected:
            raise self.error(f"{what} is {found!r} instead of {expected!r}")

    def finish(self) -> None:
        """Raise ConversionError when the file has further bytes."""
        if self._at != len(self._data):
            raise self.error("the file goes on after the last layer")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise self.error("the file ends too early")
        self._at += count
        return taken

    def integer(self) -> int:
        """Read an integer: a control byte (sign, byte count) and the little-endian magnitude."""
        control = self._take(1)[0]
        size = control & 0x0F
        if control & 0x70 or size > _MAX_NUMBER_BYTES:
            raise self.error(f"number with control byte {control:#04x}")
        magnitude = int.from_bytes(self._take(size), "little")
        return -magnitude if control & 0x80 else magnitude

    def real(self) -> float:
        """Read a real number: mantissa and binary exponent."""
        mantissa, exponent = self.integer(), self.integer()
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError as error:
            raise self.error(f"exponent {exponent}") from error

    def boolean(self) -> bool:
        """Read a truth value: ASCII 0 or 1."""
        character = self._take(1)
        if character not in (b"0", b"1"):
            raise self.error(f"truth value {character!r}")
        return character == b"1"

    def string(self) -> str:
        """Read a string: length and ASCII bytes."""
        raw = self._take(self.natural())
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError as error:
            raise self.error(f"name {raw[:40]!r}") from error

    def natural(self, least: int = 0) -> int:
        """Read a size or a count of at least `least`."""
        number = self.integer()
        if not least <= number <= _MAX_SIZE:
            raise self.error(f"size {number} is not between {least} and {_MAX_SIZE}")
        return number

    def _shape(self) -> tuple[int, int, int, int]:
        return (self.natural(), self.natural(), self.natural(), self.natural())

    def alias(self) -> tuple[int, int, int, int]:
        """Read the shape (samples, k, rows, columns) of a tensor that lies within another one."""
        self.expect(self.integer(), 1, "version of an alias tensor")
        return self._shape()

    def tensor(self) -> Floats:
        """Read weights (samples, k, rows, columns)."""
        self.expect(self.integer(), 2, "version of a tensor")
        shape = self._shape()
        size = shape[0] * shape[1] * shape[2] * shape[3]
        values = np.frombuffer(self._take(4 * size), dtype="<f4").astype(np.float32)
        if not np.isfinite(values).all():
            raise self.error("a weight is not a finite number")
        return values.reshape(shape)


_PLAIN_LAYER, _MARKER, _INPUT_LAYER = 2, 1, 3
_MAX_LAYERS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """Weights (out, in, height, width), bias (out,); stride and padding are (y, x) in pixels."""

    weights: Floats
    bias: Floats
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """Per channel y = gamma x + beta, both (channels,): a batch normalisation after training."""

    gamma: Floats
    beta: Floats


@dataclass(frozen=True, slots=True)
class Relu:
    """Negative numbers become zero."""


@dataclass(frozen=True, slots=True)
class AddPrevious:
    """Adds the input of the residual block. Where one of the two is smaller, it counts as zero."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The largest or mean value in a window (y, x). A mean with window (0, 0) covers the whole input."""

    mean: bool
    window: tuple[int, int]
    stride: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class FullyConnected:
    """Weights (in, out), without bias."""

    weights: Floats


Layer: TypeAlias = Convolution | Affine | Relu | AddPrevious | Pool | FullyConnected


@dataclass(frozen=True, slots=True)
class DlibNetwork:
    """Mean RGB that is subtracted from the input, its size (height, width), and the layers from input to output."""

    mean: tuple[float, float, float]
    size: tuple[int, int]
    layers: tuple[Layer, ...]


def parse(dat: bytes) -> DlibNetwork:
    """Read a network saved by dlib's `loss_metric` `serialize` (layout: dlib/serialize.h, dlib/dnn/core.h).

    Raises ConversionError when the bytes end early, go on too long or are not such a network.
    """
    reader = DlibReader(dat)
    reader.expect(reader.integer(), 1, "file version")
    reader.expect(reader.string(), "loss_metric_2", "network type")
    reader.real()  # margin and distance threshold matter in training only
    reader.real()
    count = _count_layers(reader)
    reader.expect(reader.string(), "input_rgb_image_sized", "input type")
    mean = (reader.real(), reader.real(), reader.real())
    size = (reader.natural(1), reader.natural(1))
    layers = tuple(_layer(reader, innermost=index == 0) for index in range(count))
    reader.finish()
    return DlibNetwork(mean, size, layers)


def _count_layers(reader: DlibReader) -> int:
    """Count the layers by their versions, outermost first. Tags and skips have a version but no body."""
    layers = 1
    for _ in range(_MAX_LAYERS):
        version = reader.integer()
        if version == _INPUT_LAYER:
            return layers
        if version not in (_PLAIN_LAYER, _MARKER):
            raise reader.error(f"layer version {version} is unknown")
        layers += version == _PLAIN_LAYER
    raise reader.error(f"there are more than {_MAX_LAYERS} layers")


def _layer(reader: DlibReader, *, innermost: bool) -> Layer:
    layer = _details(reader)
    for _ in range(3):  # set up, gradient stale, output disabled: matter in training only
        reader.boolean()
    for _ in range(3):  # gradients, cached output, gradients of parameters: empty in a published network
        reader.expect(reader.tensor().size, 0, "size of the training state")
    if innermost:
        reader.integer()  # sample expansion factor
    return layer


def _details(reader: DlibReader) -> Layer:
    kind = reader.string()
    match kind:
        case "con_4":
            return _convolution(reader)
        case "affine_":
            return _affine(reader)
        case "relu_":
            return Relu()
        case "add_prev_":
            return AddPrevious()
        case "max_pool_2" | "avg_pool_2":
            return _pool(reader, mean=kind == "avg_pool_2")
        case "fc_2":
            return _fully_connected(reader)
    raise reader.error(f"layer type {kind!r} is unknown")


def _convolution(reader: DlibReader) -> Convolution:
    params = reader.tensor().reshape(-1)
    count = reader.natural(1)
    height, width = reader.natural(1), reader.natural(1)
    stride = (reader.natural(1), reader.natural(1))
    padding = (reader.natural(), reader.natural())
    filters = reader.alias()
    reader.expect(reader.alias(), (1, count, 1, 1), "shape of the bias")
    _skip_learning_rates(reader)
    reader.expect((filters[0], *filters[2:]), (count, height, width), "shape of the filters")
    split = math.prod(filters)
    reader.expect(params.size, split + count, "number of convolution parameters")
    return Convolution(params[:split].reshape(filters), params[split:], stride, padding)


def _affine(reader: DlibReader) -> Affine:
    params = reader.tensor().reshape(-1)
    gamma, beta = reader.alias(), reader.alias()
    reader.integer()  # mode: after a convolution or a fully connected layer, the same arithmetic
    channels = gamma[1]
    reader.expect((gamma, beta), ((1, channels, 1, 1),) * 2, "shape of the affine layer")
    reader.expect(params.size, 2 * channels, "number of affine parameters")
    return Affine(params[:channels], params[channels:])


def _pool(reader: DlibReader, *, mean: bool) -> Pool:
    window = (reader.natural(), reader.natural())
    stride = (reader.natural(1), reader.natural(1))
    reader.expect((reader.natural(), reader.natural()), (0, 0), "padding of a pool")
    return Pool(mean, window, stride)


def _fully_connected(reader: DlibReader) -> FullyConnected:
    outputs, inputs = reader.natural(1), reader.natural(1)
    params = reader.tensor().reshape(-1)
    reader.expect(reader.alias(), (inputs, outputs, 1, 1), "shape of the fully connected weights")
    reader.alias()
    reader.expect(reader.integer(), 1, "bias mode of the fully connected layer")
    _skip_learning_rates(reader)
    reader.expect(params.size, inputs * outputs, "number of fully connected parameters")
    return FullyConnected(params.reshape(inputs, outputs))


def _skip_learning_rates(reader: DlibReader) -> None:
    for _ in range(4):
        reader.real()
