"""Conversion of TensorFlow.js graph models, compared with the same graphs computed by numpy, and refusals."""

import hashlib
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.assets import AssetStore
from models.convert.graph import Precision
from models.convert.tfjs import convert
from models.errors import AssetMissingError, ConversionError
from models.runtime import Network
from tests.models import tfjs_numpy
from tests.models.tfjs_numpy import Array, small

POOLED = "global_pooling/Mean"


@pytest.fixture(scope="module")
def faceres(store: AssetStore) -> tuple[bytes, bytes]:
    try:
        names = store.catalogue["faceres"].derived
        assert names is not None
        topology, weights = (store.path(name).read_bytes() for name in names.source)
    except AssetMissingError as error:
        pytest.skip(f"npm gave no faceres: {error}")
    return topology, weights


def ran(converted: bytes, image: Array) -> Array:
    return np.asarray(Network(converted).run(image))


def test_every_operation_computes_what_the_graph_says() -> None:
    files, image = small().files(), np.random.default_rng(4).normal(0, 2, (1, 8, 8, 3)).astype(np.float32)
    for node in ("swish", "norm", "out"):
        expected = tfjs_numpy.evaluate(*files, image, node)
        assert np.ptp(expected) > 0.1
        np.testing.assert_allclose(ran(convert(*files, Precision.FLOAT32, output=node), image), expected, atol=1e-4)


def test_faceres_agrees_with_its_graph(faceres: tuple[bytes, bytes]) -> None:
    random = np.random.default_rng(2)
    network = Network(convert(*faceres, Precision.FLOAT32, output=POOLED))
    for spread in (5, 60):
        coarse = random.normal(0, spread, (1, 14, 14, 3)).repeat(16, axis=1).repeat(16, axis=2)
        image = (coarse + random.normal(0, 5, coarse.shape)).astype(np.float32)
        expected = tfjs_numpy.evaluate(*faceres, image, POOLED)
        assert (expected.shape, expected.min() >= 0, expected.max() > 0.5) == ((1, 1024), True, True)
        np.testing.assert_allclose(network.run(image), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("precision", "least"), [(Precision.FLOAT16, 0.9999), (Precision.INT8, 0.98)])
def test_smaller_precisions_stay_close(faceres: tuple[bytes, bytes], precision: Precision, least: float) -> None:
    image = np.random.default_rng(3).normal(0, 60, (1, 14, 14, 3)).repeat(16, axis=1).repeat(16, axis=2)
    one, other = (ran(convert(*faceres, kind, output=POOLED), image)[0] for kind in (Precision.FLOAT32, precision))
    assert one @ other / np.linalg.norm(one) / np.linalg.norm(other) > least


def test_conversion_is_reproducible_and_ships_no_other_head(store: AssetStore, faceres: tuple[bytes, bytes]) -> None:
    converted = convert(*faceres, Precision.FLOAT16, output=POOLED)
    assert hashlib.sha256(converted).hexdigest() == store.catalogue["faceres"].sha256
    assert len(converted) < len(faceres[1]) - 2 * 1024 * 256, "the layers behind the pool are still in it"


def test_the_swish_network_converts(store: AssetStore) -> None:
    """The real topology where it is installed, with random weights, as the real weights are not always there."""
    try:
        topology = store.path("mobilenet-swish-topology").read_bytes()
    except AssetMissingError as error:
        pytest.skip(str(error))
    random = np.random.default_rng(5)
    entries = tfjs_numpy.manifest(json.loads(topology))
    weights = b"".join(_plausible(entry, random).astype(tfjs_numpy.stored(entry)).tobytes() for entry in entries)
    image = random.normal(0, 1, (1, 112, 112, 3)).astype(np.float32)
    expected = tfjs_numpy.evaluate(topology, weights, image, "Identity")
    found = ran(convert(topology, weights, Precision.FLOAT32, output="Identity"), image)
    assert found.shape == (1, 512)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def _plausible(entry: dict[str, object], random: np.random.Generator) -> Array:
    shape = tuple(int(size) for size in entry["shape"])  # type: ignore[attr-defined]
    if entry["dtype"] == "int32":
        return np.array([[0, 0], [0, 1], [0, 1], [0, 0]] if shape == (4, 2) else [-1, 4608])
    if len(shape) == 1:
        return random.uniform(0.2, 1, shape)
    fan = np.prod(shape[:2]) if shape[-1] == 1 else np.prod(shape[:-1])
    return random.normal(0, np.sqrt(2 / fan), shape)


def changed(**changes: Callable[[dict[str, object]], object]) -> tuple[bytes, bytes]:
    draft = small()
    for node in draft.nodes:
        if node["name"] in changes:
            changes[node["name"]](node)
    return draft.files()


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("c1", {"op": "Conv3D"}, "c1 is a Conv3D, which this converter does not know"),
        ("c1", {"attr": {}}, "c1 .*does not fit"),
        ("r1", {"input": ["absent"]}, "no node 'absent'"),
        ("c1", {"input": ["out", "k1"]}, "runs in a circle"),
        ("min", {"input": ["r1", "zero"]}, "min is a bound other than 6"),
        ("max", {"input": ["min", "six"]}, "max is a bound other than 0"),
        ("a1", {"input": ["m1", "o4"]}, "o4 has shape .5,. where 4 channels"),
        ("a1", {"input": ["pad", "o1"]}, "runs in a circle|adds to something"),
        ("m1", {"input": ["c1", "absent"]}, "no node 'absent'"),
        ("flat", {"input": ["norm", "amounts"]}, "flat is a reshape other than into one row"),
        ("six", {"name": "seven"}, "no node 'six'"),
        ("input", {"attr": {}}, "input .*does not fit|open or empty shape"),
    ],
)
def test_what_is_not_understood_is_refused(name: str, change: dict[str, object], complaint: str) -> None:
    files = changed(**{name: lambda node: node.update(change)})
    with pytest.raises(ConversionError, match=complaint):
        convert(*files, Precision.FLOAT32, output="out")


def test_weights_that_do_not_fit_the_manifest_are_refused() -> None:
    topology, weights = small().files()
    with pytest.raises(ConversionError, match="the weights end before o4 is complete"):
        convert(topology, weights[:-1], Precision.FLOAT32, output="out")
    with pytest.raises(ConversionError, match="go on for 1 bytes"):
        convert(topology, weights + b"\0", Precision.FLOAT32, output="out")
    with pytest.raises(ConversionError, match=r"not a TensorFlow.js graph model: format"):
        convert(topology.replace(b"graph-model", b"layers-model"), weights, Precision.FLOAT32, output="out")


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_damaged_topology_is_refused_or_harmless(data: st.DataObject) -> None:
    topology, weights = small().files()
    damaged = bytearray(topology)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(32, 126))
    try:
        converted = convert(bytes(damaged), weights, Precision.FLOAT32, output="out")
    except ConversionError as error:
        assert str(error)
    else:
        assert converted[4:8] == b"TFL3"
