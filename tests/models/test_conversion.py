"""The converted network compared with dlib itself, and damaged files that the parser refuses."""

import hashlib
import re
from itertools import pairwise
from typing import Any

import cv2
import dlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.assets import AssetStore
from models.convert.dlib_dat import Convolution, parse
from models.convert.dlib_resnet import convert
from models.convert.graph import Activation, Graph, Precision
from models.errors import ConversionError
from models.runtime import Network

Chip = NDArray[np.uint8]


@pytest.fixture(scope="session")
def dat(store: AssetStore) -> bytes:
    return store.path("dlib-resnet-v1-weights").read_bytes()


@pytest.fixture(scope="session")
def chips(store: AssetStore) -> list[Chip]:
    """Six faces from two real photos at several sizes and places, then noise, black and white."""
    squares = {"photo-grace-hopper": (160, 60, 230), "photo-astronaut": (140, 40, 180)}
    found = []
    for name, (left, top, size) in squares.items():
        image = cv2.imread(str(store.path(name)))
        assert image is not None
        for shift, grow in ((0, 0), (12, 0), (-8, 40)):
            part = image[top + shift : top + shift + size + grow, left - shift : left - shift + size + grow, ::-1]
            found.append(np.ascontiguousarray(cv2.resize(part, (150, 150)), dtype=np.uint8))
    random = np.random.default_rng(7)
    found += [random.integers(0, 256, (150, 150, 3), dtype=np.uint8) for _ in range(2)]
    return [*found, np.zeros((150, 150, 3), np.uint8), np.full((150, 150, 3), 255, np.uint8)]


@pytest.fixture(scope="session")
def descriptors(store: AssetStore, chips: list[Chip]) -> NDArray[np.float64]:
    """The vectors (n, 128) that dlib gives for the chips."""
    model = dlib.face_recognition_model_v1(str(store.path("dlib-resnet-v1-weights")))
    return np.array([model.compute_face_descriptor(chip) for chip in chips])


def described(dat: bytes, precision: Precision, chips: list[Chip]) -> NDArray[np.float32]:
    network = Network(convert(dat, precision))
    return np.array([network.run(chip[np.newaxis])[0] for chip in chips])


def cosines(a: NDArray[np.floating[Any]], b: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    return np.asarray((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))


def test_float32_agrees_with_dlib(dat: bytes, chips: list[Chip], descriptors: NDArray[np.float64]) -> None:
    ours = described(dat, Precision.FLOAT32, chips)
    assert ours.shape == descriptors.shape == (10, 128)
    assert np.ptp(descriptors, axis=0).max() > 0.1, "the chips are all alike to dlib: agreement would mean nothing"
    np.testing.assert_allclose(ours, descriptors, rtol=0, atol=1e-5)


def test_float16_stays_close_on_faces(dat: bytes, chips: list[Chip], descriptors: NDArray[np.float64]) -> None:
    assert cosines(described(dat, Precision.FLOAT16, chips[:6]), descriptors[:6]).min() > 0.99999


def test_conversion_is_reproducible(store: AssetStore, dat: bytes) -> None:
    converted = convert(dat, Precision.FLOAT32)
    assert hashlib.sha256(converted).hexdigest() == store.catalogue["dlib-resnet-v1"].sha256


def test_smaller_precisions_are_smaller(dat: bytes) -> None:
    sizes = [len(convert(dat, precision)) for precision in Precision]
    assert all(larger > 1.9 * smaller for larger, smaller in pairwise(sizes))


def test_the_parser_reads_every_layer(dat: bytes) -> None:
    network = parse(dat)
    convolutions = [layer for layer in network.layers if isinstance(layer, Convolution)]
    assert (len(network.layers), len(convolutions), network.size) == (108, 29, (150, 150))
    assert sum(layer.weights.size for layer in convolutions) + 256 * 128 > 5_500_000


def names_of_layers(dat: bytes) -> list[int]:
    return [found.start() for found in re.finditer(rb"con_4|affine_|relu_|add_prev_|max_pool_2|avg_pool_2|fc_2", dat)]


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_every_truncation_is_refused(dat: bytes, data: st.DataObject) -> None:
    """Truncate the file at random places, mostly within weights, and around the names of layers."""
    near_a_layer = st.builds(int.__add__, st.sampled_from(names_of_layers(dat)), st.integers(-60, 60))
    cut = data.draw(st.integers(0, len(dat) - 1) | near_a_layer)
    with pytest.raises(ConversionError, match="ends too early"):
        parse(dat[:cut])


def test_a_longer_file_is_refused(dat: bytes) -> None:
    with pytest.raises(ConversionError, match="goes on after the last layer"):
        parse(dat + b"\0")


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_damaged_file_is_refused_or_harmless(dat: bytes, data: st.DataObject) -> None:
    """Damage the structure: the head, around the names of layers, the end. Changed weights cannot be detected."""
    anchors = [0, 20, 200, *names_of_layers(dat), len(dat) - 200]
    damaged = bytearray(dat)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(anchors)) + data.draw(st.integers(0, 180))
        damaged[place] = data.draw(st.integers(0, 255))
    precision = data.draw(st.sampled_from(Precision))
    try:
        converted = convert(bytes(damaged), precision)
    except ConversionError as error:
        assert str(error)
    else:
        assert converted[4:8] == b"TFL3"


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ConversionError):
        parse(content)


def test_a_graph_refuses_what_does_not_fit() -> None:
    graph = Graph(Precision.FLOAT32)
    x = graph.input("x", (1, 4, 4, 2))
    with pytest.raises(ConversionError, match="does not fit"):
        graph.pool(x, mean=True, window=(5, 5), stride=(1, 1))
    with pytest.raises(ConversionError, match="cannot add"):
        graph.add(x, graph.pad(x, (1, 5, 5, 2)))
    with pytest.raises(ConversionError, match="larger"):
        graph.pad(x, (1, 3, 4, 2))
    with pytest.raises(ConversionError, match="2 numbers meet a layer for 3"):
        graph.fully_connected(graph.mean(x), np.zeros((4, 3)))


def test_float16_refuses_what_it_cannot_hold() -> None:
    graph = Graph(Precision.FLOAT16)
    with pytest.raises(ConversionError, match="too large for float16"):
        graph.fully_connected(graph.mean(graph.input("x", (1, 2, 2, 1))), np.full((1, 1), 1e6))


def test_a_small_graph_computes_what_it_says() -> None:
    """Padding, convolution (both kinds of padding), pooling and addition, compared with the same sums in numpy."""
    graph = Graph(Precision.FLOAT32)
    x = graph.input("x", (1, 4, 4, 1))
    weights = np.arange(9, dtype=np.float64).reshape(1, 3, 3, 1)
    same = graph.convolution(x, weights, np.array([1.0]), stride=(1, 1), same=True)
    valid = graph.convolution(x, weights, np.array([1.0]), stride=(1, 1), same=False)
    pooled = graph.pool(same, mean=True, window=(2, 2), stride=(2, 2))
    total = graph.add(graph.pad(valid, (1, 2, 3, 1)), graph.pad(pooled, (1, 2, 3, 1)), activation=Activation.RELU)
    image = np.random.default_rng(3).normal(size=(4, 4))
    padded = np.pad(image, 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    full = (windows * weights[0, :, :, 0]).sum(axis=(2, 3)) + 1
    means = full.reshape(2, 2, 2, 2).mean(axis=(1, 3))
    expected = np.pad(np.maximum(full[1:3, 1:3] + means, 0), ((0, 0), (0, 1)))
    found = Network(graph.serialise(total)).run(image.reshape(1, 4, 4, 1))
    np.testing.assert_allclose(found[0, :, :, 0], expected, atol=1e-5)
