"""Networks in OpenVINO's representation and networks for a batch, converted: the numbers stay."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.assets import AssetStore
from models.convert import openvino, single
from models.convert.graph import Precision
from models.convert.tflite import Builtin, ElementType, Operator, OperatorOptions, Tensor, serialise
from models.errors import AssetMissingError, ConversionError
from models.runtime import Network
from tests.shared import shared

RETAIL = shared("models/face-reidentification-retail-0095")
needs_retail = pytest.mark.skipif(not RETAIL.is_dir(), reason=f"{RETAIL} is not there")

Array = NDArray[np.float32]


class Ir:
    """A network in the making: layers as XML, weights in float16."""

    def __init__(self) -> None:
        self.layers: list[str] = []
        self.edges: list[str] = []
        self.weights = b""

    def layer(self, kind: str, *sources: int, **attributes: str) -> int:
        number = len(self.layers)
        data = "".join(f' {name}="{value}"' for name, value in attributes.items())
        self.layers.append(f'<layer id="{number}" type="{kind}" version="opset1"><data{data}/></layer>')
        for port, source in enumerate(sources):
            self.edges.append(f'<edge from-layer="{source}" from-port="0" to-layer="{number}" to-port="{port}"/>')
        return number

    def constant(self, values: Array) -> int:
        data = values.astype("<f2").tobytes()
        shape, start = ", ".join(map(str, values.shape)), len(self.weights)
        self.weights += data
        number = self.layer("Const", element_type="f16", shape=shape, offset=str(start), size=str(len(data)))
        return self.layer("Convert", number, destination_type="f32")

    def convolution(self, x: int, weights: Array, *, kind: str = "Convolution", stride: int = 1, pad: int = 0) -> int:
        sides = {"strides": f"{stride}, {stride}", "pads_begin": f"{pad}, {pad}", "pads_end": f"{pad}, {pad}"}
        return self.layer(kind, x, self.constant(weights), dilations="1, 1", auto_pad="explicit", **sides)

    def xml(self) -> bytes:
        return f"<net><layers>{''.join(self.layers)}</layers><edges>{''.join(self.edges)}</edges></net>".encode()


def half(values: Array) -> Array:
    return values.astype("<f2").astype(np.float32)


RANDOM = np.random.default_rng(3)
FIRST = half(RANDOM.normal(0, 0.3, (4, 3, 3, 3)).astype(np.float32))
EACH = half(RANDOM.normal(0, 0.3, (4, 1, 1, 3, 3)).astype(np.float32))
GATE = half(RANDOM.normal(0, 0.3, (4, 4, 1, 1)).astype(np.float32))
BIAS = half(RANDOM.normal(0, 0.3, (1, 4, 1, 1)).astype(np.float32))
SCALE = half(np.array([0.01, 0.02, 0.03], np.float32).reshape(1, 3, 1, 1))
SHIFT = half(np.array([-1, 0.5, 2], np.float32).reshape(1, 3, 1, 1))
SLOPE = half(np.array([0.25], np.float32))


def network() -> Ir:
    """Every kind of layer once: a gated depthwise block with a way past it, at stride 2."""
    ir = Ir()
    x = ir.layer("Parameter", shape="1,3,8,8", element_type="f32")
    x = ir.layer("Add", ir.layer("Multiply", x, ir.constant(SCALE)), ir.constant(SHIFT))
    x = ir.layer("Add", ir.convolution(x, FIRST, stride=2, pad=1), ir.constant(BIAS))
    x = ir.layer("PReLU", x, ir.constant(SLOPE))
    y = ir.convolution(x, EACH, kind="GroupConvolution", pad=1)
    mean = ir.layer("AvgPool", y, kernel="4, 4", strides="4, 4", pads_begin="0, 0", pads_end="0, 0")
    gate = ir.layer("Sigmoid", ir.convolution(mean, GATE))
    x = ir.layer("Add", x, ir.layer("Multiply", y, gate))
    ir.layer("Result", x)
    return ir


def by_hand(picture: Array) -> Array:
    """What `network` computes, (channels, height, width)."""
    x = picture.transpose(2, 0, 1) * SCALE[0] + SHIFT[0]
    x = convolved(x, FIRST, 2, 1) + BIAS[0]
    x = np.where(x > 0, x, SLOPE * x)
    y = np.concatenate([convolved(x[i : i + 1], EACH[i], 1, 1) for i in range(4)])
    gate = 1 / (1 + np.exp(-(GATE[:, :, 0, 0] @ y.mean(axis=(1, 2)))))
    return np.asarray(x + y * gate[:, None, None], np.float32)


def convolved(x: Array, weights: Array, stride: int, pad: int) -> Array:
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    size = weights.shape[-1]
    windows = sliding_window_view(padded, (size, size), axis=(1, 2))  # type: ignore[call-overload]  # it takes axes, too
    windows = windows[:, ::stride, ::stride]
    return np.asarray(np.einsum("chwij,ocij->ohw", windows, weights), np.float32)


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.FLOAT16])
def test_every_layer_computes_what_the_definition_says(tmp_path: Path, precision: Precision) -> None:
    ir, path = network(), tmp_path / "small.tflite"
    path.write_bytes(openvino.convert(ir.xml(), ir.weights, precision))
    converted = Network(path, 1)
    picture = RANDOM.uniform(0, 255, (1, 8, 8, 3)).astype(np.float32)
    assert converted.input_shape == (1, 8, 8, 3)
    found = converted.run(picture)[0].reshape(4, 4, 4).transpose(2, 0, 1)
    np.testing.assert_allclose(found, by_hand(picture[0]), rtol=1e-3, atol=1e-3)


@needs_retail
def test_the_network_of_intel_is_converted_as_the_reference_was(tmp_path: Path) -> None:
    topology, weights = (RETAIL / f"face-reidentification-retail-0095.{end}" for end in ("xml", "bin"))
    path = tmp_path / "retail.tflite"
    path.write_bytes(openvino.convert(topology.read_bytes(), weights.read_bytes(), Precision.FLOAT16))
    ours, reference = Network(path, 1), Network(RETAIL / "reference-f16.tflite", 1)
    for _ in range(3):
        picture = RANDOM.uniform(0, 255, (1, 128, 128, 3)).astype(np.float32)
        one, other = ours.run(picture)[0].ravel(), reference.run(picture)[0].ravel()
        assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > 0.99999


def cut_short(ir: Ir) -> tuple[bytes, bytes]:
    return ir.xml(), ir.weights[:-2]


def another_type(ir: Ir) -> tuple[bytes, bytes]:
    return ir.xml().replace(b'"Sigmoid"', b'"Tanh"'), ir.weights


def without_result(ir: Ir) -> tuple[bytes, bytes]:
    return ir.xml().replace(b'"Result"', b'"Relu"'), ir.weights


def lost_edge(ir: Ir) -> tuple[bytes, bytes]:
    ir.edges.pop()
    return ir.xml(), ir.weights


def no_xml(ir: Ir) -> tuple[bytes, bytes]:
    return ir.xml()[:-9], ir.weights


@pytest.mark.parametrize("spoil", [cut_short, another_type, without_result, lost_edge, no_xml])
def test_what_is_no_such_network_is_refused_with_a_reason(spoil: object) -> None:
    assert callable(spoil)
    topology, weights = spoil(network())
    with pytest.raises(ConversionError):
        openvino.convert(topology, weights, Precision.FLOAT32)


RECTIFIED = np.array([0.25, -0.5, 2], np.float32)  # slopes; half of them stand in the file, as it multiplies x - |x|
POINTS = half(RANDOM.normal(0, 0.3, (4, 2, 2, 3)).astype(np.float32))
SHIFTS = half(RANDOM.normal(0, 0.3, 4).astype(np.float32))


def pair(activation: int = 0, factor: Array = RECTIFIED / 2) -> bytes:
    """A network for two pictures, 4x4x3: a PReLU spelt in five operations, a convolution at stride 2, all in a row."""
    tensors = [Tensor("picture", (2, 4, 4, 3), ElementType.FLOAT32)]
    operators = []

    def constant(values: NDArray[np.float32 | np.int32], element: ElementType = ElementType.FLOAT32) -> int:
        tensors.append(Tensor(f"constant_{len(tensors)}", values.shape, element, values.tobytes()))
        return len(tensors) - 1

    def apply(code: Builtin, shape: tuple[int, ...], *inputs: int, options: OperatorOptions) -> int:
        tensors.append(Tensor(f"tensor_{len(tensors)}", shape, ElementType.FLOAT32))
        operators.append(Operator(code, 1, inputs, (len(tensors) - 1,), options))
        return len(tensors) - 1

    def each(code: Builtin, *inputs: int, union: int = 0) -> int:
        return apply(code, (2, 4, 4, 3), *inputs, options=OperatorOptions(union, (0,) if union else ()))

    negative = each(Builtin.SUB, 0, each(Builtin.ABS, 0, union=0), union=28)
    scaled = each(Builtin.MUL, constant(factor), negative, union=21)
    rectified = each(Builtin.ADD, each(Builtin.RELU, 0), scaled, union=11)
    window = OperatorOptions(1, (1, 2, 2, activation, 1, 1), frozenset({1, 2, 4, 5}))
    weights, bias = constant(POINTS), constant(SHIFTS)
    x = apply(Builtin.CONV_2D, (2, 2, 2, 4), rectified, weights, bias, options=window)
    shape = constant(np.array([2, 16], np.int32), ElementType.INT32)
    row = apply(Builtin.RESHAPE, (2, 16), x, shape, options=OperatorOptions(17))
    return serialise(tensors, operators, [0], [row])


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.FLOAT16])
def test_a_network_for_two_pictures_takes_one_and_computes_the_same(precision: Precision) -> None:
    both, one = Network(pair()), Network(single.convert(pair(), precision))
    pictures = RANDOM.normal(0, 1, (2, 4, 4, 3)).astype(np.float32)
    assert (one.input_shape, one.output_shape) == ((1, 4, 4, 3), (1, 16))
    found = np.concatenate([one.run(picture[None]) for picture in pictures])
    np.testing.assert_allclose(found, both.run(pictures), rtol=1e-5, atol=1e-5)


def test_a_rectifier_in_five_operations_becomes_one() -> None:
    converted = single.convert(pair(), Precision.FLOAT32)
    assert b"prelu_" in converted and not any(word in converted for word in (b"abs_", b"sub_", b"mul_", b"add_"))


def test_conversion_to_one_picture_is_reproducible(store: AssetStore) -> None:
    """Where the network is installed: an installation that differs from its pin fails."""
    asset = store.catalogue["mobilefacenet"]
    try:
        source = store.path("mobilefacenet-pair").read_bytes()
    except AssetMissingError as error:
        pytest.skip(str(error))
    assert asset.derived is not None
    assert hashlib.sha256(asset.derived.convert([source])).hexdigest() == asset.sha256


@pytest.mark.parametrize("network", [b"no network at all", pair()[:400], pair(activation=1)])
def test_what_is_no_network_for_several_pictures_is_refused(network: bytes) -> None:
    with pytest.raises(ConversionError):
        single.convert(network, Precision.FLOAT32)


def test_a_network_for_one_picture_is_refused() -> None:
    converted = single.convert(pair(), Precision.FLOAT32)
    with pytest.raises(ConversionError, match="one picture already"):
        single.convert(converted, Precision.FLOAT32)
