"""`scripts/measure-liveness`: one presentation through the daemon's own frame path."""

from pathlib import Path

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.liveness import examiner
from models.assets import AssetStore
from models.liveness import Check
from scripts.liveness.run import LivenessPresentation, run


def test_a_walk_up_passes_and_is_asked_after_the_passive_window(tmp_path: Path) -> None:
    settings = settings_file.laptop_settings(tmp_path)
    photo = AssetStore().path("photo-grace-hopper")
    presentation = LivenessPresentation("walk-up", f"person:{photo}?seconds=9&blink=4&seed=3&fps=12")
    with parts.pipeline(settings) as pipeline:
        same_person = parts.match_policy(settings, pipeline.embedder).same_person
        found = run(presentation, pipeline, same_person, examiner(same_person, None), seed=5)
    assert found.asked
    assert len(found.windows) == 1
    assert all(finding.passed for finding in found.windows[0])
    assert found.challenge is not None
    assert [finding.check for finding in found.challenge] == [Check.CHALLENGE, Check.CONTINUITY]
    assert all(finding.passed for finding in found.challenge)
    assert found.answered_s > 0
