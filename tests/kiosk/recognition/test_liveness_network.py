"""The networks of liveness in the kiosk: one check more where the settings want it, and none where they do not."""

from pathlib import Path

import numpy as np
import pytest

from camera import open_camera
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.liveness import networks, prover, repeatable
from kiosk.enrolment.shots import read_small, shots_from_photos
from kiosk.lab.demo import show
from kiosk.people import EnrolledPerson, enrolled_gallery
from kiosk.recognition.outcome import Kind, VisitOutcome
from kiosk.recognition.recognition import outcomes
from kiosk.settings import Settings
from models.assets import AssetStore
from models.convert.graph import Graph, Precision
from models.errors import AssetMissingError
from models.liveness import Check, Suspicion
from models.liveness.network import CROP_PX, LivenessNetworks
from models.runtime import Network

PHOTO = AssetStore().path(show.KNOWN)
OFF = settings_file.laptop_settings(Path("/nowhere"))
ON = OFF.model_copy(update={"liveness": OFF.liveness.model_copy(update={"network": True})})


def says(living: float) -> LivenessNetworks:
    """Networks that say the same of whatever they are shown: logits."""
    graph = Graph(Precision.FLOAT32)
    seen = graph.mean(graph.input("x", (1, CROP_PX, CROP_PX, 3)))
    answer = graph.fully_connected(seen, np.zeros((3, 3)), np.array([0.0, living, 0.0]))
    one = Network(graph.serialise(answer))
    return LivenessNetworks([one, one])


def walk_up(settings: Settings, network: LivenessNetworks | None) -> VisitOutcome:
    """Somebody who is known comes, and nothing is asked of them."""
    url = f"person:{PHOTO}?seconds=10.5&blink=3&seed=2"
    with parts.pipeline(settings) as pipeline, open_camera(url, mesh_of=parts.mesh_of) as camera:
        match_policy = parts.match_policy(settings, pipeline.embedder)
        known = EnrolledPerson("Known", tuple(shot.vector for shot in shots_from_photos([PHOTO], pipeline)))
        proving = prover(lambda: "passive", match_policy.same_person, repeatable(0), network)
        recognition = parts.recognition(
            settings, pipeline, enrolled_gallery({"known": known}, match_policy), match_policy, proving
        )
        return next(outcomes(camera, recognition))


@pytest.mark.parametrize(
    ("settings", "living", "kind", "reasons"),
    [
        (ON, 9.0, "identified", ()),
        (ON, -9.0, "spoof", (Suspicion.PICTURE,)),
        (OFF, 9.0, "spoof", (Suspicion.TOO_SHORT,)),
    ],
    ids=["it looks living", "it looks like a picture", "nothing was cut for it"],
)
def test_what_the_networks_say_counts_beside_the_other_checks(
    settings: Settings, living: float, kind: Kind, reasons: tuple[Suspicion, ...]
) -> None:
    seen = walk_up(settings, says(living))
    assert seen.proof is not None
    assert (seen.kind, seen.proof.reasons) == (kind, reasons)
    assert [found.check for found in seen.proof.findings if not found.passed] == [Check.NETWORK] * len(reasons)


def test_nobody_pays_for_networks_that_are_not_asked() -> None:
    assert networks(OFF) is None
    image = read_small(PHOTO)
    for settings, count in ((OFF, 0), (ON, 2)):
        with parts.pipeline(settings) as pipeline:
            glimpse = pipeline.look(image, 0.0).observation.sample
        assert glimpse is not None
        assert len(glimpse.crops) == count


def test_networks_that_are_wanted_have_to_be_installed(tmp_path: Path) -> None:
    bare = ON.model_copy(update={"recognition": ON.recognition.model_copy(update={"models_dir": tmp_path})})
    with pytest.raises(AssetMissingError, match=r"minifasnet-v2 is not installed .*kiosk models install"):
        networks(bare)
