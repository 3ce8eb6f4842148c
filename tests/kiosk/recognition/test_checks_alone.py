"""Each check of liveness holds up an attack that all the others let through, on the path that every frame takes.

The attacks are drawn and seeded. Each is refused while every check is made and identified once its own is not, so that
a check that was taken out, or that lets everything pass, is noticed here by name. Drawn heads that do not live show
FaceMesh too much else for `life` to be alone against them: it is shown behind `parallax`, and alone in tests/models.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from camera import open_camera
from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.liveness import prover, repeatable
from kiosk.enrolment.shots import shots_from_photos
from kiosk.lab.demo import show
from kiosk.people import EnrolledGallery, EnrolledPerson, MatchPolicy, enrolled_gallery
from kiosk.recognition.liveness import Level, LivenessSession
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.pipeline import FacePipeline
from kiosk.recognition.recognition import outcomes
from models.assets import AssetStore
from models.liveness import Check, Finding, Suspicion
from models.liveness.passive import passive_checks
from models.liveness.track import Track
from tests.kiosk.samples import nothing_to_ask

SETTINGS = settings_file.laptop_settings(Path("/nowhere"))
KNOWN, OTHER = (AssetStore().path(asset) for asset in (show.KNOWN, show.STRANGER))

ATTACKS = {
    # A print on a stand before a wall: nothing around it moves with it, and the camera's noise passes for life.
    Check.PARALLAX: (f"attack:print?source={KNOWN}&shake=0&turn=0&face=160&seed=1", Suspicion.FLAT),
    Check.SURROUNDINGS: (f"attack:print?source={KNOWN}&seed=2", Suspicion.CARRIED),
    Check.SCREEN: (f"attack:phone?source={KNOWN}&shake=0&turn=0&seed=6", Suspicion.SCREEN),
    Check.CONTINUITY: (f"attack:loop?source={KNOWN}&seed=2", Suspicion.LOOP),
}
LIFELESS = f"attack:print?source={KNOWN}&shake=0&turn=0&face=160&noise=0.7&seed=3"
"""A print that nothing moves, before a camera with so little noise that nothing seems to move."""

ASKED = f"attack:print_eyeholes?source={KNOWN}&shake=0&turn=0&face=160&seed=1&seconds=14"
"""A print with holes that nobody holds: eyes blink in it, and it turns for nobody."""


@pytest.fixture(scope="module")
def pipeline() -> Iterator[FacePipeline]:
    with parts.pipeline(SETTINGS) as built:
        yield built


@pytest.fixture(scope="module")
def match_policy(pipeline: FacePipeline) -> MatchPolicy:
    return parts.match_policy(SETTINGS, pipeline.embedder)


@pytest.fixture(scope="module")
def gallery(pipeline: FacePipeline, match_policy: MatchPolicy) -> EnrolledGallery:
    shots = {photo.stem: shots_from_photos([photo], pipeline) for photo in (KNOWN, OTHER)}
    return enrolled_gallery(
        {name: EnrolledPerson(name, tuple(s.vector for s in taken)) for name, taken in shots.items()}, match_policy
    )


Watch = Callable[[str, Callable[[], LivenessSession]], VisitOutcome]


@pytest.fixture
def watch(pipeline: FacePipeline, match_policy: MatchPolicy, gallery: EnrolledGallery) -> Watch:
    def outcome(url: str, proving: Callable[[], LivenessSession]) -> VisitOutcome:
        pipeline.forget()
        with open_camera(url, mesh_of=parts.mesh_of) as camera:
            return next(outcomes(camera, parts.recognition(SETTINGS, pipeline, gallery, match_policy, proving)))

    return outcome


def every_check(level: Level, match_policy: MatchPolicy) -> Callable[[], LivenessSession]:
    """Builds the liveness session as the daemon does."""
    return prover(lambda: level, match_policy.same_person, repeatable(0))


def all_but(left_out: set[Check], match_policy: MatchPolicy) -> Callable[[], LivenessSession]:
    checks = passive_checks(match_policy.same_person)

    def examine(track: Track) -> list[Finding]:
        return [check(track) for name, check in checks.items() if name not in left_out]

    return lambda: LivenessSession("passive", examine, nothing_to_ask)


def against(outcome: VisitOutcome) -> dict[Check, Suspicion]:
    """Which checks refused a suspect, and why."""
    assert outcome.kind == "spoof"
    assert outcome.proof is not None
    return {found.check: found.reason for found in outcome.proof.findings if found.reason is not None}


@pytest.mark.parametrize("check", ATTACKS)
def test_each_passive_check_alone_holds_up_an_attack(watch: Watch, match_policy: MatchPolicy, check: Check) -> None:
    url, reason = ATTACKS[check]
    assert against(watch(url, every_check("passive", match_policy))) == {check: reason}
    assert watch(url, all_but({check}, match_policy)).kind == "identified"


def test_life_holds_up_what_parallax_would_let_through(watch: Watch, match_policy: MatchPolicy) -> None:
    both = {Check.PARALLAX: Suspicion.FLAT, Check.LIFE: Suspicion.LIFELESS}
    assert against(watch(LIFELESS, every_check("passive", match_policy))) == both
    assert against(watch(LIFELESS, all_but({Check.PARALLAX}, match_policy))) == {Check.LIFE: Suspicion.LIFELESS}
    assert watch(LIFELESS, all_but(set(both), match_policy)).kind == "identified"


def test_every_passive_check_has_such_an_attack(match_policy: MatchPolicy) -> None:
    assert {*ATTACKS, Check.LIFE} == set(passive_checks(match_policy.same_person))


def test_the_challenge_alone_holds_up_an_attack(watch: Watch, match_policy: MatchPolicy) -> None:
    assert against(watch(ASKED, every_check("strict", match_policy))) == {Check.CHALLENGE: Suspicion.NOT_DONE}
    assert watch(ASKED, every_check("passive", match_policy)).kind == "identified"
