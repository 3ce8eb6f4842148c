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
from models.embedder import Embedder, Member
from models.errors import CalibrationError
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
    """The settings' embedder with its companion."""
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
    assert len(shipped.members) == 2
    for embedder in (shipped, *(Embedder([member]) for member in shipped.members)):
        pipeline.embedder = embedder
        found = self_check(pipeline, AssetStore())
        assert 1 - found.genuine < (1 - found.stranger) / 7, "half of what is allowed, and less"


@pytest.mark.parametrize("kind", [Brightness, Constant])
def test_an_embedder_that_sees_no_face_is_refused_with_its_scores(
    pipeline: FacePipeline, shipped: Embedder, kind: type[Embedder]
) -> None:
    said = refused(pipeline, kind(shipped.members))
    assert re.search(r"score [01]\.\d+ at least, two people [01]\.\d+ at most", said)


@pytest.mark.parametrize(
    ("number", "entry"),
    [
        (0, {"mean": (255.0, 255.0, 255.0)}),
        (0, {"scale": 1 / 255}),
        (0, {"mean": (127.5, 127.5, 127.5), "scale": 1 / 128}),
        (0, {"scale": 16.0}),
        (0, {"scale": -1.0}),
        (1, {"scale": 1 / 255}),
        (1, {"mean": (127.5, 127.5, 127.5), "scale": 1 / 128}),
        (1, {"scale": 16.0}),
        (1, {"scale": 256.0}),
    ],
)
def test_a_wrong_normalisation_is_refused_alone_and_beside_a_member_that_is_right(
    pipeline: FacePipeline, shipped: Embedder, number: int, entry: dict[str, object]
) -> None:
    members = list(shipped.members)
    members[number] = spoilt(members[number], **entry)
    name = members[number].identity.partition("@")[0]
    assert refused(pipeline, Embedder([members[number]])).startswith(f"{name}@")
    assert f"{name}@" in refused(pipeline, Embedder(members))
