"""The self-check passes what works and refuses, with the scores, an embedder whose numbers mean nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.doctor.selfcheck import self_check
from kiosk.recognition.pipeline import FacePipeline
from models.assets import AssetStore
from models.embedder import Embedder, Member, load
from models.errors import AssetMissingError, CalibrationError
from models.face import RgbImage
from models.gallery import Vector, unit

SETTINGS = settings_file.laptop_settings(Path("/nowhere"))


class Brightness(Embedder):
    """Sees how bright a face is, not whose it is."""

    def embed(self, portrait: RgbImage) -> Vector:
        return unit(np.array([1.0, portrait.mean() / 255, portrait.std() / 255], np.float32))


class Constant(Embedder):
    """Sees nothing: every face is the same."""

    def embed(self, portrait: RgbImage) -> Vector:  # noqa: ARG002 - it does not look
        return unit(np.array([1.0, 2.0, 3.0], np.float32))


@pytest.fixture(scope="module")
def shipped() -> Embedder:
    """The best embedder that is installed here."""
    return parts.embedder(SETTINGS)


@pytest.fixture(scope="module")
def pipeline(shipped: Embedder) -> Iterator[FacePipeline]:
    with parts.pipeline(SETTINGS, shipped) as made:
        yield made


def spoilt(member: Member, **entry: object) -> Member:
    """A member whose entry in the catalogue says something else."""
    return replace(member, description=member.description.model_copy(update=entry))


def refused(pipeline: FacePipeline, embedder: Embedder) -> str:
    """What is said of an embedder that does not pass."""
    pipeline.embedder = embedder
    with pytest.raises(CalibrationError) as caught:
        self_check(pipeline, AssetStore())
    return str(caught.value)


def test_the_shipped_embedder_passes_by_far_and_so_does_each_member(pipeline: FacePipeline, shipped: Embedder) -> None:
    for embedder in (shipped, *(Embedder([member]) for member in shipped.members)):
        pipeline.embedder = embedder
        found = self_check(pipeline, AssetStore())
        assert 1 - found.genuine < (1 - found.stranger) / 12, "half of what is allowed, and less"


@pytest.mark.parametrize("kind", [Brightness, Constant])
def test_an_embedder_that_sees_no_face_is_refused_with_its_scores(
    pipeline: FacePipeline, shipped: Embedder, kind: type[Embedder]
) -> None:
    said = refused(pipeline, kind(shipped.members))
    assert re.search(r"score [01]\.\d+ at least, two people [01]\.\d+ at most", said)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("face-reidentification-retail-0095", {"mean": (255.0, 255.0, 255.0)}),
        ("face-reidentification-retail-0095", {"mean": (127.5, 127.5, 127.5), "scale": 1 / 128}),
        ("face-reidentification-retail-0095", {"scale": 1 / 255}),
        ("face-reidentification-retail-0095", {"scale": 16.0}),
        ("mobilefacenet", {"mean": (0.0, 0.0, 0.0), "scale": 1.0}),
        ("mobilefacenet", {"scale": 1.0}),
        ("mobilefacenet", {"scale": 16.0}),
        ("mobilefacenet", {"scale": -1 / 128}),
        ("dlib-resnet-v1", {"mean": (255.0, 255.0, 255.0)}),
        ("dlib-resnet-v1", {"mean": (127.5, 127.5, 127.5), "scale": 1 / 128}),
        ("dlib-resnet-v1", {"scale": 1 / 255}),
        ("dlib-resnet-v1", {"scale": 16.0}),
        ("dlib-resnet-v1", {"scale": -1.0}),
    ],
)
def test_a_wrong_normalisation_is_refused_alone_and_beside_a_member_that_is_right(
    pipeline: FacePipeline, name: str, entry: dict[str, object]
) -> None:
    try:
        (right,) = load(AssetStore(), [name]).members
    except AssetMissingError as error:
        pytest.skip(f"{name} is not installed: {error}")
    wrong = spoilt(right, **entry)
    assert refused(pipeline, Embedder([wrong])).startswith(f"{name}@")
    assert f"{name}@" in refused(pipeline, Embedder([right, wrong]))
