"""Read the dlib face-recognition network (`.dat`, dlib's own serialisation) into typed layers."""

import math
from dataclasses import dataclass
from typing import TypeAlias

from models.convert.dlib_reader import DlibReader, Floats

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
    """Adds the input of the residual block; what one side lacks in size counts as zero."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Largest or mean value in a window (y, x); a mean over window (0, 0) covers everything."""

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
    """Versions stand outermost first; tags and skips have one but no body, the layer on the input comes last."""
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
