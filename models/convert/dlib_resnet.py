"""The dlib face-recognition ResNet as TFLite: batch normalisation folded into the convolutions, NHWC layout."""

import math
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.convert.dlib_dat import (
    AddPrevious,
    Affine,
    Convolution,
    DlibNetwork,
    FullyConnected,
    Layer,
    Pool,
    Relu,
    parse,
)
from models.convert.graph import Activation, Graph, Node, Precision
from models.errors import ConversionError

_INPUT_SCALE = 1 / 256  # dlib's input_rgb_image gives (x - mean) / 256
_OVER_EVERYTHING = Pool(mean=True, window=(0, 0), stride=(1, 1))
_LayerT = TypeVar("_LayerT", bound=Layer)
_Folded = tuple[NDArray[np.float64], NDArray[np.float64]]


def convert(dat: bytes, precision: Precision) -> bytes:
    """Convert `dlib_face_recognition_resnet_model_v1.dat` to a TFLite file.

    Input 1x150x150x3, float32 RGB 0..255; output 1x128, not normalised, as dlib's own `compute_face_descriptor`.
    The same bytes give the same file on every machine. Raises ConversionError when `dat` is not that network.
    """
    network = parse(dat)
    layers = _Layers(network)
    graph = Graph(precision)
    x = graph.input("rgb", (1, *network.size, 3))
    x = _stem(graph, layers, x, network)
    while not layers.next_is(Pool):
        x = _block(graph, layers, x)
    if layers.take(Pool) != _OVER_EVERYTHING:
        raise ConversionError("not the dlib face ResNet: its last pool is not a mean over everything")
    weights = layers.take(FullyConnected).weights
    layers.finish()
    return graph.serialise(graph.fully_connected(graph.mean(x), weights.T))


def _stem(graph: Graph, layers: "_Layers", x: Node, network: DlibNetwork) -> Node:
    convolution = layers.take(Convolution)
    weights, bias = _absorb_input(_fold(convolution, layers.take(Affine)), network)
    layers.take(Relu)
    x = _convolve(graph, x, convolution, (weights, bias), activation=Activation.RELU)
    pool = layers.take(Pool)
    return graph.pool(x, mean=pool.mean, window=pool.window, stride=pool.stride)


def _block(graph: Graph, layers: "_Layers", x: Node) -> Node:
    """A residual block: two convolutions and a shortcut, which is averaged where the block halves the size."""
    first = layers.take(Convolution)
    y = _convolve(graph, x, first, _fold(first, layers.take(Affine)), activation=Activation.RELU)
    layers.take(Relu)
    second = layers.take(Convolution)
    y = _convolve(graph, y, second, _fold(second, layers.take(Affine)))
    if layers.next_is(Pool):
        pool = layers.take(Pool)
        x = graph.pool(x, mean=pool.mean, window=pool.window, stride=pool.stride)
    layers.take(AddPrevious)
    layers.take(Relu)
    # dlib adds tensors of different sizes as if the smaller one were padded with zeros.
    shape = tuple(max(sizes) for sizes in zip(x.shape, y.shape, strict=True))
    return graph.add(graph.pad(x, shape), graph.pad(y, shape), activation=Activation.RELU)


def _convolve(
    graph: Graph, x: Node, layer: Convolution, folded: _Folded, activation: Activation = Activation.NONE
) -> Node:
    weights, bias = folded
    kernel = weights.shape[1:3]
    if x.shape[3] != weights.shape[3]:
        raise ConversionError(f"{x.shape[3]} channels meet a convolution for {weights.shape[3]}")
    same = layer.stride == (1, 1) and layer.padding == (kernel[0] // 2, kernel[1] // 2)
    if not same and layer.padding != (0, 0):
        raise ConversionError(f"no TFLite padding equals {layer.padding} at stride {layer.stride}")
    return graph.convolution(x, weights, bias, stride=layer.stride, same=same, activation=activation)


def _fold(convolution: Convolution, affine: Affine) -> _Folded:
    """gamma (W x + b) + beta in float64, as weights (out, height, width, in) and bias (out,)."""
    gamma, beta = affine.gamma.astype(np.float64), affine.beta.astype(np.float64)
    if len(gamma) != len(convolution.weights):
        raise ConversionError(f"{len(gamma)} affine channels follow {len(convolution.weights)} filters")
    weights = convolution.weights.transpose(0, 2, 3, 1) * gamma[:, None, None, None]
    return weights, gamma * convolution.bias + beta


def _absorb_input(folded: _Folded, network: DlibNetwork) -> _Folded:
    """Fold the input's mean and scale into the first layer, which then takes raw 0..255.

    This is exact, as the layer has no padding. Exact sums keep the file reproducible.
    """
    weights, bias = folded
    weights = weights * _INPUT_SCALE
    shifts = weights * np.array(network.mean)
    return weights, bias - np.array([math.fsum(shift.reshape(-1)) for shift in shifts])


class _Layers:
    """The network's layers in order. A layer out of place raises ConversionError."""

    def __init__(self, network: DlibNetwork) -> None:
        self._rest: Iterator[Layer] = iter(network.layers)
        self._next: Layer | None = next(self._rest, None)

    def next_is(self, kind: type[Layer]) -> bool:
        return isinstance(self._next, kind)

    def take(self, kind: type[_LayerT]) -> _LayerT:
        layer = self._next
        if not isinstance(layer, kind):
            found = "nothing" if layer is None else type(layer).__name__
            raise ConversionError(f"not the dlib face ResNet: {found} where {kind.__name__} belongs")
        self._next = next(self._rest, None)
        return layer

    def finish(self) -> None:
        if self._next is not None:
            raise ConversionError(f"not the dlib face ResNet: {type(self._next).__name__} after the last layer")
