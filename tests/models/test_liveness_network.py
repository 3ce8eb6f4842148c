"""The networks of liveness: their inputs, and the finding from their outputs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.assets import AssetStore
from models.convert.graph import Graph, Precision
from models.detector import FaceDetector
from models.errors import AssetMissingError, NetworkError
from models.face import Points, RgbImage
from models.landmarks import LandmarkFinder
from models.liveness import Check, LivenessSample, Suspicion, liveness_sample
from models.liveness.network import CROP_PX, LIVING, SCALES, LivenessNetworks, crops
from models.runtime import Network
from tests.models.heads import Head, living

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
FILMED, ON_PAPER = (200, 60, 60), (60, 60, 200)

Looks = Callable[[Path], LivenessSample]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> LivenessNetworks:
    if not (SHARED / "models").is_dir():
        pytest.skip("the networks, shared/models, are not there")
    store = AssetStore(tmp_path_factory.mktemp("models"), offline=SHARED / "models")
    store.install(SCALES)
    return LivenessNetworks.load(store)


@pytest.fixture(scope="module")
def looks() -> Iterator[Looks]:
    detector = FaceDetector()
    with LandmarkFinder() as finder:

        def look(path: Path) -> LivenessSample:
            image = np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), np.uint8)
            finder.forget()
            points = finder.find(image, detector.detect(image)[0].box)
            assert points is not None
            return liveness_sample(image, points, 0.0, crops)

        yield look


def stub(channel: int = 2) -> Network:
    """A network that takes a picture for living when one colour (of blue, green, red) exceeds the mean of all."""
    graph = Graph(Precision.FLOAT32)
    weights = np.zeros((3, 3))
    weights[1, channel], weights[[0, 2]] = 0.1, 0.1 / 3
    return Network(
        graph.serialise(graph.fully_connected(graph.mean(graph.input("x", (1, CROP_PX, CROP_PX, 3))), weights))
    )


def always(likely: float) -> Network:
    """A network that gives every picture the same likelihood of a living face."""
    graph = Graph(Precision.FLOAT32)
    seen = graph.mean(graph.input("x", (1, CROP_PX, CROP_PX, 3)))
    logits = np.log([(1 - likely) / 2, likely, (1 - likely) / 2])
    return Network(graph.serialise(graph.fully_connected(seen, np.zeros((3, 3)), logits)))


def square(x: float, y: float, side: float) -> Points:
    """Landmarks that fill a square around (x, y)."""
    along = np.linspace(-side / 2, side / 2, 468)
    return np.stack([x + along, y + along, np.zeros(468)], axis=1).astype(np.float32)


def positions(height: int, width: int) -> RgbImage:
    """A picture whose red is the column and whose green is the row."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


def test_each_network_is_shown_its_share_of_the_picture() -> None:
    for crop, scale in zip(crops(positions(250, 250), square(125, 125, 40)), SCALES.values(), strict=True):
        assert crop.shape == (CROP_PX, CROP_PX, 3)
        across, down = (float(np.ptp(crop[..., colour].astype(float))) for colour in (0, 1))
        assert across == pytest.approx(40 * 1.15 * scale, rel=0.04)
        assert down == pytest.approx(40 * scale, rel=0.04)
        assert crop[..., 0].mean() == pytest.approx(125, abs=1.5)


def test_a_face_at_the_edge_is_seen_with_as_much_around_it_on_the_other_side() -> None:
    near, far = crops(positions(250, 250), square(30, 220, 40))
    for crop, scale in ((near, 2.7), (far, 4.0)):
        assert crop[..., 0].min() <= 2
        assert crop[..., 1].max() >= 246
        assert np.ptp(crop[..., 0].astype(float)) == pytest.approx(40 * 1.15 * scale, rel=0.04)


def test_a_face_that_fills_the_picture_is_seen_with_all_that_there_is() -> None:
    for crop in crops(positions(200, 120), square(60, 100, 110)):
        assert crop[..., 0].min() <= 1
        assert crop[..., 0].max() >= 118


def test_it_is_asked_in_blue_green_red() -> None:
    assert LivenessNetworks([stub(), stub()]).living(shown(FILMED)) > 0.9
    assert LivenessNetworks([stub(0), stub(0)]).living(shown(FILMED)) < 0.1


def shown(colour: tuple[int, int, int]) -> tuple[RgbImage, ...]:
    crop = np.full((CROP_PX, CROP_PX, 3), colour, np.uint8)
    return crop, crop


@pytest.fixture(scope="module")
def head(face: NDArray[np.float64]) -> Head:
    return Head(face)


def test_the_middle_look_counts(head: Head) -> None:
    check = LivenessNetworks([stub(), stub()])
    track = [replace(seen, crops=shown(FILMED)) for seen in head.film(living())]
    found = check.examine(track)
    assert (found.check, found.passed) == (Check.NETWORK, True)
    third = len(track) // 3
    for part, passes in ((third, True), (2 * third, False)):
        spoilt = [replace(seen, crops=shown(ON_PAPER)) for seen in track[:part]] + track[part:]
        found = check.examine(spoilt)
        assert found.passed is passes
        assert passes or found.reason is Suspicion.PICTURE


@pytest.mark.parametrize(("surplus", "passes"), [(0.02, True), (-0.02, False)])
def test_the_limit_scores_a_half(head: Head, surplus: float, passes: bool) -> None:
    check = LivenessNetworks([always(LIVING + surplus), always(LIVING + surplus)])
    found = check.examine([replace(seen, crops=shown(FILMED)) for seen in head.film(living())])
    assert found.score == pytest.approx(0.5, abs=0.02)
    assert (found.passed, found.score >= found.threshold) == (passes, passes)


def test_what_was_not_cut_has_not_passed(head: Head) -> None:
    check, track = LivenessNetworks([stub(), stub()]), head.film(living())
    for nothing in (track, []):
        assert check.examine(nothing).reason is Suspicion.TOO_SHORT


def test_another_network_is_refused() -> None:
    graph = Graph(Precision.FLOAT32)
    other = Network(graph.serialise(graph.fully_connected(graph.mean(graph.input("x", (1, 8, 8, 3))), np.eye(3))))
    with pytest.raises(
        NetworkError, match=r"minifasnet-v1se maps \(1, 8, 8, 3\) to \(1, 3\), expected \(1, 80, 80, 3\)"
    ):
        LivenessNetworks([stub(), other])


def test_a_network_that_is_not_installed_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(AssetMissingError, match=r"minifasnet-v2 is not installed .*kiosk models install minifasnet-v2"):
        LivenessNetworks.load(AssetStore(tmp_path))


def test_the_authors_own_samples_are_told_apart(installed: LivenessNetworks, looks: Looks) -> None:
    samples = SHARED / "spoof" / "minivision"
    if not samples.is_dir():
        pytest.skip("the samples, shared/spoof/minivision, are not there")
    words = {name: installed.living(looks(samples / f"image_{name}.jpg").crops) for name in ("T1", "F1", "F2")}
    assert words["T1"] > 0.95
    assert max(words["F1"], words["F2"]) < 0.1
    assert installed.examine([looks(samples / "image_F1.jpg")] * 10).reason is Suspicion.PICTURE
    assert installed.examine([looks(samples / "image_T1.jpg")] * 10).passed
