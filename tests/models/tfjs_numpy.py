"""TensorFlow.js graph models for tests: small made-up ones, and their evaluation by numpy node by node."""

import base64
import json
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]
Node = dict[str, Any]


def evaluate(model_json: bytes, weights: bytes, image: Array, output: str) -> Array:
    """The value of node `output` for one input (1, height, width, channels), in float64, without folding."""
    model = json.loads(model_json)
    nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
    values = read_weights(model, weights)
    wanted = [output]
    while wanted:
        name = wanted[-1]
        node = nodes[name]
        sources = [source.removesuffix(":0") for source in node.get("input", ())]
        missing = [source for source in sources if source not in values]
        if name in values or not missing:
            wanted.pop()
        wanted += missing
        if not missing and name not in values:
            inputs = [values[source] for source in sources]
            values[name] = (
                image.astype(np.float64) if node["op"] == "Placeholder" else _OPERATIONS[node["op"]](node, *inputs)
            )
    return values[output]


def read_weights(model: Node, data: bytes) -> dict[str, Array]:
    values, position = {}, 0
    for entry in manifest(model):
        array = np.frombuffer(data, stored(entry), int(np.prod(entry["shape"])), position).reshape(entry["shape"])
        values[entry["name"]] = array.astype(np.int64 if entry["dtype"] == "int32" else np.float64)
        position += array.nbytes
    assert position == len(data)
    return values


def manifest(model: Node) -> Iterable[Node]:
    return (entry for group in model["weightsManifest"] for entry in group["weights"])


def stored(entry: Node) -> str:
    if entry["dtype"] == "int32":
        return "<i4"
    return "<f2" if "quantization" in entry else "<f4"


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _convolve(node: Node, x: Array, kernel: Array, bias: Array | float = 0.0) -> Array:
    windows = _windows(node, x, kernel)
    if "Depthwise" in node["op"]:
        return np.einsum("bhwckl,klc->bhwc", windows, kernel[..., 0], optimize=True) + bias
    return np.einsum("bhwckl,klco->bhwo", windows, kernel, optimize=True) + bias


def _windows(node: Node, x: Array, kernel: Array) -> Array:
    step = int(node["attr"]["strides"]["list"]["i"][1])
    if node["attr"]["padding"]["s"] == text("SAME"):
        amounts = [
            max((-(-size // step) - 1) * step + width - size, 0)
            for size, width in zip(x.shape[1:3], kernel.shape, strict=False)
        ]
        x = np.pad(x, ((0, 0), *((amount // 2, amount - amount // 2) for amount in amounts), (0, 0)))
    windows = sliding_window_view(x, kernel.shape[:2], axis=(1, 2))  # type: ignore[call-overload]  # it takes axes, too
    return windows[:, ::step, ::step]


def _normalise(node: Node, x: Array, gamma: Array, beta: Array, mean: Array, variance: Array) -> Array:
    return (x - mean) / np.sqrt(variance + node["attr"]["epsilon"]["f"]) * gamma + beta


_OPERATIONS: dict[str, Callable[..., Array]] = {
    "Add": lambda _, a, b: a + b,
    "AddV2": lambda _, a, b: a + b,
    "BiasAdd": lambda _, a, b: a + b,
    "Cast": lambda _, a: a,
    "Conv2D": _convolve,
    "DepthwiseConv2dNative": _convolve,
    "FusedBatchNormV3": _normalise,
    "FusedDepthwiseConv2dNative": _convolve,
    "Identity": lambda _, a: a,
    "MatMul": lambda _, a, b: a @ b,
    "Maximum": lambda _, a, b: np.maximum(a, b),
    "Mean": lambda _, a, axes: a.mean(axis=tuple(axes)),
    "Minimum": lambda _, a, b: np.minimum(a, b),
    "Mul": lambda _, a, b: a * b,
    "Pad": lambda _, a, amounts: np.pad(a, amounts),
    "Prelu": lambda _, a, slope: np.where(a < 0, a * slope, a),
    "Relu": lambda _, a: np.maximum(a, 0),
    "Reshape": lambda _, a, shape: a.reshape(shape),
    "Sigmoid": lambda _, a: 1 / (1 + np.exp(-a)),
}


class Draft:
    """A graph model under construction, with random weights."""

    def __init__(self, size: int) -> None:
        self._random = np.random.default_rng(11)
        self._data = b""
        self.nodes: list[Node] = []
        self.entries: list[Node] = []
        dims = [{"size": str(n)} for n in (-1, size, size, 3)]
        self.add("Placeholder", "input", shape={"shape": {"dim": dims}})

    def weights(self, name: str, *shape: int, low: float = -0.5, high: float = 0.5) -> str:
        return self.constant(name, self._random.uniform(low, high, shape).astype("<f2"))

    def constant(self, name: str, values: Array) -> str:
        entry: Node = {"name": name, "shape": list(values.shape), "dtype": "int32"}
        if values.dtype == np.dtype("<f2"):
            entry |= {"dtype": "float32", "quantization": {"dtype": "float16"}}
        self.entries.append(entry)
        self._data += values.tobytes()
        return self.add("Const", name)

    def add(self, op: str, name: str, *sources: str, **attributes: Any) -> str:
        self.nodes.append({"name": name, "op": op, "input": list(sources), "attr": attributes})
        return name

    def convolution(
        self, op: str, name: str, *sources: str, stride: int = 1, padding: str = "SAME", **more: Any
    ) -> str:
        strides = {"list": {"i": ["1", str(stride), str(stride), "1"]}}
        return self.add(op, name, *sources, strides=strides, padding={"s": text(padding)}, **more)

    def files(self) -> tuple[bytes, bytes]:
        model = {
            "format": "graph-model",
            "modelTopology": {"node": self.nodes},
            "weightsManifest": [{"paths": ["w.bin"], "weights": self.entries}],
        }
        return json.dumps(model).encode(), self._data


def small() -> Draft:
    """A graph of 8x8 pixels with every operation that the converter knows."""
    draft = Draft(8)
    x = draft.add("Cast", "cast", "input")
    x = draft.convolution("Conv2D", "c1", x, draft.weights("k1", 3, 3, 3, 4), stride=2)
    x = draft.add("Mul", "m1", x, draft.weights("s1", 4, low=0.5, high=2))
    x = draft.add("Add", "a1", x, draft.weights("o1", 1, 1, 1, 4))
    x = draft.add("Relu", "r1", x)
    x = draft.add("Minimum", "min", x, draft.constant("six", np.array(6, "<f2")))
    x = draft.add("Maximum", "max", x, draft.constant("zero", np.array(0, "<f2")))
    x = draft.add("Pad", "pad", x, draft.constant("amounts", np.array([[0, 0], [0, 1], [0, 1], [0, 0]], "<i4")))
    x = draft.convolution(
        "FusedDepthwiseConv2dNative",
        "d1",
        x,
        draft.weights("k2", 3, 3, 4, 1),
        draft.weights("b2", 4),
        padding="VALID",
        fused_ops={"list": {"s": [text("BiasAdd")]}},
    )
    x = draft.add("Mul", "swish", x, draft.add("Sigmoid", "sigmoid", x))
    x = draft.convolution("DepthwiseConv2dNative", "d2", x, draft.weights("k3", 3, 3, 4, 1))
    x = draft.add("BiasAdd", "b3", x, draft.weights("o3", 4))
    x = draft.add("Prelu", "prelu", x, draft.weights("slopes", 1, 1, 4))
    parameters = [draft.weights(f"n{number}", 4, low=0.2, high=1) for number in range(4)]
    x = draft.add("FusedBatchNormV3", "norm", x, *parameters, epsilon={"f": 0.001})
    x = draft.add("Reshape", "flat", x, draft.constant("row", np.array([-1, 36], "<i4")))
    x = draft.add("MatMul", "dense", x, draft.weights("k4", 36, 5))
    x = draft.add("AddV2", "a4", draft.add("Mul", "m4", x, draft.weights("s4", 5)), draft.weights("o4", 5))
    draft.add("Identity", "out", x + ":0")
    return draft
