"""Embedders of one and of several members: their vectors and the names of their models."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.settings import RecognitionSettings
from models.align import ALIGNMENTS, PORTRAIT, chip, cut
from models.assets import Asset, AssetStore, Catalogue, EmbedderDescription
from models.calibration import calibration_for
from models.convert.graph import Graph, Precision
from models.detector import FaceDetector
from models.embedder import Embedder, Member, load
from models.errors import AssetMissingError, NetworkError
from models.face import Points, RgbImage
from models.landmarks import LandmarkFinder
from models.runtime import Network

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SHIPPED = RecognitionSettings().embedders
OTHER = "mobilefacenet-insightface-TEST-ONLY.tflite"


def description(**changes: object) -> EmbedderDescription:
    described = {"size": 112, "colour": "rgb", "alignment": "arcface", "dimension": 3}
    return EmbedderDescription.model_validate(described | changes)


def means(size: int, *, flipped: bool = False) -> Network:
    """A network that outputs the mean of each colour, or the means of the left half minus those of the right."""
    graph = Graph(Precision.FLOAT32)
    x = graph.input("x", (1, size, size, 3))
    if flipped:
        halves = np.zeros((3, size, size, 3))
        for colour in range(3):
            halves[colour, :, : size // 2, colour], halves[colour, :, size // 2 :, colour] = 1, -1
        output = graph.mean(graph.convolution(x, halves, np.zeros(3), stride=(1, 1), same=False))
    else:
        output = graph.mean(x)
    return Network(graph.serialise(output))


def member(name: str = "m", *, flipped: bool = False, **changes: object) -> Member:
    described = description(**changes)
    return Member(means(described.size, flipped=flipped), described, f"{name}@sha256:0")


@pytest.fixture(scope="module")
def faces(store: AssetStore) -> list[tuple[RgbImage, Points]]:
    found = []
    detector = FaceDetector()
    with LandmarkFinder() as finder:
        for name in ("photo-grace-hopper", "photo-astronaut"):
            image = cv2.imread(str(store.path(name)))
            assert image is not None
            rgb = np.ascontiguousarray(image[..., ::-1], np.uint8)
            finder.forget()
            points = finder.find(rgb, detector.detect(rgb)[0].box)
            assert points is not None
            found.append((rgb, points))
    return found


@pytest.mark.parametrize("name", ALIGNMENTS)
def test_a_chip_cut_from_the_portrait_is_the_chip_of_the_picture(
    faces: list[tuple[RgbImage, Points]], name: str
) -> None:
    """The chip is interpolated twice, so it may be a little softer, but must not be shifted by a pixel."""
    for image, points in faces:
        whole = cut(chip(image, points, PORTRAIT), ALIGNMENTS[name])
        direct = chip(image, points, ALIGNMENTS[name])
        assert whole.shape == direct.shape
        assert np.abs(whole.astype(float) - direct.astype(float)).mean() < 4
        aside = np.abs(np.roll(whole, 2, axis=1).astype(float) - direct.astype(float)).mean()
        assert aside > 1.5 * np.abs(whole.astype(float) - direct.astype(float)).mean()


def portrait_of(*colour: int) -> RgbImage:
    return np.full((224, 224, 3), colour, np.uint8)


def test_colour_order_and_normalisation_are_the_entrys() -> None:
    wanted = member(colour="bgr", mean=(10.0, 20.0, 30.0), scale=0.5)
    vector = Embedder([wanted]).embed(portrait_of(40, 50, 60))
    expected = np.array([25, 15, 5], np.float32)  # blue, green, red
    np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)


def test_a_mirrored_member_sees_both_sides_alike() -> None:
    portrait = portrait_of(100, 60, 20)
    portrait[:, :112] = (0, 60, 200)
    other = np.ascontiguousarray(portrait[:, ::-1])
    plain, both = Embedder([member(flipped=True)]), Embedder([member(mirrored="arcface")])
    assert plain.embed(portrait) @ plain.embed(other) < 0
    assert both.embed(portrait) @ both.embed(other) == pytest.approx(1, abs=1e-3)


def test_the_dot_product_is_the_mean_of_the_members_cosines() -> None:
    members = [member("a"), member("b", size=150, alignment="dlib", colour="bgr", mean=(9.0, 150.0, 5.0))]
    fused = Embedder(members)
    one, other = portrait_of(200, 10, 30), portrait_of(20, 180, 40)
    cosines = [single.embed(one) @ single.embed(other) for single in (Embedder([each]) for each in members)]
    assert cosines[0] != pytest.approx(cosines[1], abs=0.05)
    assert fused.embed(one) @ fused.embed(other) == pytest.approx((cosines[0] + cosines[1]) / 2, abs=1e-5)
    assert fused.embed(one) @ fused.embed(one) == pytest.approx(1, abs=1e-5)
    assert (fused.dimension, fused.lead, fused.embed(one).shape) == (6, 3, (6,))


def test_every_difference_is_another_model() -> None:
    a, b = member("a"), member("b")
    rescaled, other_hash = member("b", scale=0.5), Member(b.network, b.description, "b@sha256:1")
    models = [Embedder(each).model for each in ([a], [a, b], [b, a], [a, rescaled], [a, other_hash])]
    assert len(set(models)) == len(models)
    assert Embedder([a, b]).model == models[1]
    assert models[1].startswith("a+b@sha256:")
    assert all(len(model) < 200 for model in models)


def test_a_network_that_is_not_as_described_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"its entry says 112 px and 4 numbers"):
        Embedder([member(dimension=4)])
    with pytest.raises(NetworkError, match=r"112 px and 3 numbers, with the alignments arcface and dlib"):
        Embedder([member(mirrored="dlib")])


@pytest.mark.parametrize("combination", SHIPPED)
def test_every_shipped_combination_has_a_calibration_of_its_own(store: AssetStore, combination: str) -> None:
    embedder = installed(store, combination)
    assert embedder.model.startswith(f"{combination}@sha256:")
    assert calibration_for(embedder.model).model == embedder.model
    assert embedder.lead == embedder.members[0].description.dimension
    assert embedder.dimension == sum(member.description.dimension for member in embedder.members)


def test_the_best_combination_that_is_installed_is_used_and_says_what_is_missing(
    store: AssetStore, tmp_path: Path
) -> None:
    alone = tmp_path / "models"
    alone.mkdir()
    (alone / "dlib-resnet-v1.tflite").symlink_to(store.path("dlib-resnet-v1"))
    embedder = load(AssetStore(alone), ["mobilefacenet+dlib-resnet-v1", "mobilefacenet", "dlib-resnet-v1"])
    assert embedder.missing == ("mobilefacenet",)
    assert embedder.shortfall == (
        "dlib-resnet-v1 works without mobilefacenet, not installed; run: kiosk models install"
    )
    assert load(AssetStore(alone), ["dlib-resnet-v1"]).shortfall is None


def test_what_is_no_embedder_is_refused(store: AssetStore, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="photo-astronaut is not an embedder"):
        load(store, ["photo-astronaut"])
    with pytest.raises(AssetMissingError, match="wanted: dlib-resnet-v1; run: kiosk models install"):
        load(AssetStore(tmp_path), ["dlib-resnet-v1"])


@pytest.mark.parametrize("name", [*SHIPPED, "other"])
def test_strangers_are_further_than_another_picture_of_the_same(
    store: AssetStore, faces: list[tuple[RgbImage, Points]], tmp_path: Path, name: str
) -> None:
    """Every shipped embedder, and another that is only an entry in a catalogue and a file in an offline folder."""
    embedder = load(other_store(tmp_path), [name]) if name == "other" else installed(store, name)
    (one, points), (two, elsewhere) = faces
    dim = cv2.GaussianBlur((one * 0.7).astype(np.uint8), (5, 5), 0).astype(np.uint8)
    probe, same, stranger = (
        embedder.embed(embedder.chip(*face)) for face in ((one, points), (dim, points), (two, elsewhere))
    )
    assert probe @ same > probe @ stranger + 0.1


def installed(store: AssetStore, combination: str) -> Embedder:
    try:
        return load(store, [combination])
    except AssetMissingError as error:
        pytest.skip(f"{combination} is not installed: {error}")


def other_store(tmp_path: Path) -> AssetStore:
    if not (SHARED / "models" / OTHER).exists():
        pytest.skip(f"{OTHER} is not beside the project")
    entry = {
        "name": "other",
        "purpose": "another embedder, for tests only",
        "licence": "not cleared",
        "file": OTHER,
        "sha256": "83b5245fc21e66002d497c377bf0904d3b6ca4dafbbd55cb2c98ed3711285c23",
        "size": 4_023_980,
        "trained_on": "not told",
        "embedder": description(dimension=128).model_dump(),
    }
    store = AssetStore(tmp_path, Catalogue([Asset.model_validate(entry)]), offline=SHARED / "models")
    store.install(["other"])
    return store
