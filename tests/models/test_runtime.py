"""Networks on the real runtime: those that run, and damaged files that are refused before the runtime can crash."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.assets import AssetStore
from models.convert.graph import Graph, Precision
from models.errors import NetworkError
from models.runtime import Network


def small() -> bytes:
    graph = Graph(Precision.FLOAT32)
    x = graph.input("x", (1, 2, 2, 3))
    return graph.serialise(graph.fully_connected(graph.mean(x), np.eye(3)))


def test_shapes_and_types_are_told() -> None:
    network = Network(small())
    assert (network.input_shape, network.output_shape) == ((1, 2, 2, 3), (1, 3))
    assert network.input_type == np.float32


def test_the_same_input_gives_the_same_output(store: AssetStore) -> None:
    path = store.path("dlib-resnet-v1")
    x = np.random.default_rng(5).integers(0, 256, (1, 150, 150, 3), dtype=np.uint8)
    one, two = Network(path), Network(path, threads=2)
    first = one.run(x)
    np.testing.assert_array_equal(first, one.run(x))
    np.testing.assert_allclose(first, two.run(x), atol=1e-5)


def test_outputs_are_the_callers_own() -> None:
    network = Network(small())
    first = network.run(np.ones((1, 2, 2, 3)))
    network.run(np.zeros((1, 2, 2, 3)))
    np.testing.assert_allclose(first, np.ones((1, 3)))


def test_another_shape_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"\(1, 2, 2, 3\), got \(2, 2, 3\)"):
        Network(small()).run(np.ones((2, 2, 3)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"absent\.tflite cannot be read: No such file"):
        Network(tmp_path / "absent.tflite")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8\xff" + bytes(1000))
    with pytest.raises(NetworkError, match=r"photo\.jpg is not a TFLite file"):
        Network(path)


@settings(max_examples=200)
@example(0)
@example(8)
@given(st.integers(0, len(small()) - 1))
def test_every_truncation_is_refused(length: int) -> None:
    with pytest.raises(NetworkError):
        Network(small()[:length])
