"""The visit's state machine, fed by hand: no camera, no model, no clock of its own."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.people.acceptance import judge
from kiosk.recognition.liveness import FAILURES, PAUSE_S, WINDOW_S, LivenessSession
from kiosk.recognition.observation import AnalysisDepth, Observation
from kiosk.recognition.outcome import VisitOutcome
from kiosk.recognition.visit import Visit, VisitLimits
from models.calibration import Acceptance
from models.face import Box
from models.gallery import Gallery, Vector, unit
from models.liveness.continuity import Thumb
from models.liveness.finding import Suspicion
from models.quality import Reason
from tests.kiosk.samples import found, nothing_to_ask, off, seen, turn_left

SITI, BUDI, STRANGER = (np.eye(4, dtype=np.float32)[n] for n in range(3))
HERE, THERE = Box(200, 100, 360, 300), Box(420, 100, 580, 300)
LIMITS = VisitLimits(same_person=0.86)
ACCEPTANCE = Acceptance(threshold=0.9, margin=0.05, wide_margin=0.1, fmr=1e-4)
FRAME_S = 1 / 30


def passive() -> LivenessSession:
    return LivenessSession("passive", lambda _: found(life=None), nothing_to_ask)


def suspicious() -> LivenessSession:
    return LivenessSession("passive", lambda _: found(life=Suspicion.LIFELESS), nothing_to_ask)


def doubtful() -> LivenessSession:
    return LivenessSession("adaptive", lambda _: found(parallax=Suspicion.FLAT), turn_left)


class Spot:
    """A visit with two enrolled people, and a clock that moves by one frame a sight."""

    def __init__(self, acceptance: Acceptance = ACCEPTANCE, proving: Callable[[], LivenessSession] = off) -> None:
        gallery = Gallery("test", {"siti": SITI, "budi": BUDI})
        self.visit = Visit(LIMITS, lambda probe: judge(gallery.search(probe), acceptance, frozenset()), proving)
        self.now_s = 0.0
        self.thumb: Thumb | None = None

    def stand(self, probe: Vector | None, seconds: float, box: Box = HERE, *reasons: Reason) -> list[VisitOutcome]:
        return self._feed(
            seconds,
            lambda: Observation(
                self.now_s, box, probe, reasons=reasons, sample=seen(self.now_s, probe), thumb=self.thumb
            ),
        )

    def nobody(self, seconds: float) -> list[VisitOutcome]:
        return self._feed(seconds, lambda: Observation(self.now_s))

    def _feed(self, seconds: float, observation: Callable[[], Observation]) -> list[VisitOutcome]:
        outcomes: list[VisitOutcome] = []
        for _ in range(round(seconds / FRAME_S)):
            self.now_s += FRAME_S
            if (outcome := self.visit.see(observation())) is not None:
                outcomes.append(outcome)
        return outcomes


def test_a_colleague_is_identified_once_however_long_they_stay() -> None:
    spot = Spot()
    outcomes = spot.stand(SITI, 60)
    assert [(o.kind, o.nearest.person, o.frames) for o in outcomes] == [("identified", "siti", LIMITS.good_frames)]
    assert outcomes[0].decided_s == pytest.approx((LIMITS.good_frames - 1) * FRAME_S)


def test_nothing_is_decided_on_fewer_good_frames_than_asked() -> None:
    spot = Spot()
    assert spot.stand(SITI, LIMITS.good_frames * FRAME_S) == []  # the first sight cannot say whether the face stands
    assert len(spot.stand(SITI, FRAME_S)) == 1


def test_a_stranger_is_unknown_after_all_frames_and_may_try_again() -> None:
    spot = Spot()
    first = spot.stand(STRANGER, 1)
    assert [(o.kind, o.frames) for o in first] == [("unknown", LIMITS.max_good_frames)]
    assert [o.kind for o in spot.stand(STRANGER, LIMITS.cool_down_s + 1)] == ["unknown"]


def test_a_face_between_two_people_is_nobodys() -> None:
    between = unit(SITI + BUDI)
    outcomes = Spot(replace(ACCEPTANCE, threshold=0.5)).stand(between, 1)
    assert [(o.kind, o.verdict) for o in outcomes] == [("unknown", "margin")]


def test_leaving_and_coming_back_is_another_visit() -> None:
    spot = Spot()
    spot.stand(SITI, 1)
    spot.nobody(LIMITS.gone_s + FRAME_S)
    assert [o.nearest.person for o in spot.stand(SITI, 1)] == ["siti"]


def test_a_blink_of_the_detector_does_not_end_a_visit() -> None:
    spot = Spot()
    spot.stand(SITI, 1)
    spot.nobody(LIMITS.gone_s / 2)
    assert spot.stand(SITI, 1) == []


def test_another_person_in_another_place_starts_afresh() -> None:
    spot = Spot()
    spot.stand(SITI, 1)
    assert [o.nearest.person for o in spot.stand(BUDI, 1, THERE)] == ["budi"]


def test_a_face_that_becomes_another_on_the_same_spot_starts_afresh() -> None:
    spot = Spot()
    spot.stand(SITI, (LIMITS.good_frames - 1) * FRAME_S)
    outcomes = spot.stand(BUDI, 1)
    assert [(o.nearest.person, o.frames) for o in outcomes] == [("budi", LIMITS.good_frames)]


def test_a_person_who_takes_the_place_of_a_recorded_one_is_noticed() -> None:
    spot = Spot()
    spot.stand(SITI, 1)
    outcomes = spot.stand(BUDI, LIMITS.cool_down_s + 1)
    assert [o.nearest.person for o in outcomes] == ["budi"]


def test_an_embedding_is_not_asked_for_while_the_outcome_is_fresh() -> None:
    spot = Spot()
    assert spot.visit.wants(spot.now_s) == AnalysisDepth.PROBE
    spot.stand(SITI, 1)
    assert spot.visit.wants(spot.now_s) == AnalysisDepth.PLACE
    assert spot.visit.wants(spot.now_s + LIMITS.cool_down_s) == AnalysisDepth.PROBE


def test_bad_frames_are_refused_with_their_reasons_counted() -> None:
    spot = Spot()
    outcomes = spot.stand(None, LIMITS.patience_s + 0.1, HERE, Reason.DARK)
    assert [o.kind for o in outcomes] == ["refused"]
    (reason, frames) = outcomes[0].reasons[0]
    assert reason == Reason.DARK
    assert frames == pytest.approx(LIMITS.patience_s / FRAME_S, abs=2)


def test_somebody_who_only_passes_by_is_no_visit() -> None:
    spot = Spot()
    assert spot.stand(None, 0.5, HERE, Reason.TOO_FAR) == []
    assert spot.nobody(2) == []


def test_somebody_who_stood_there_and_left_is_told_why() -> None:
    spot = Spot()
    spot.stand(None, 2, HERE, Reason.TURNED)
    assert [(o.kind, o.reasons[0][0]) for o in spot.nobody(2)] == [("refused", Reason.TURNED)]


@pytest.mark.parametrize(("pictures", "good"), [(1, 0), (2, 1)])
def test_the_end_of_a_source_refuses_what_was_too_short(pictures: int, good: int) -> None:
    spot = Spot()
    spot.stand(SITI, pictures * FRAME_S)
    outcome = spot.visit.finish(spot.now_s)
    assert outcome is not None
    assert (outcome.kind, outcome.frames, outcome.reasons) == ("refused", good, ((Reason.TOO_SHORT, good),))
    assert spot.visit.finish(spot.now_s) is None


_sights = st.lists(
    st.tuples(
        st.sampled_from([None, HERE, THERE]),
        st.sampled_from([None, SITI, BUDI, STRANGER]),
        st.floats(0.01, 3.0),
    ),
    max_size=200,
)


@given(_sights)
def test_whatever_is_seen_nobody_is_identified_who_did_not_give_every_frame(
    observations: list[tuple[Box | None, Vector | None, float]],
) -> None:
    """Between two outcomes, the frames of the identified person alone reach the number asked for."""
    spot = Spot()
    given_by: dict[str, int] = {}
    for box, probe, wait_s in observations:
        spot.now_s += wait_s
        outcome = spot.visit.see(Observation(spot.now_s, box, probe if box is not None else None))
        if box is not None and probe is not None:
            name = next((n for n, v in (("siti", SITI), ("budi", BUDI)) if v is probe), "stranger")
            given_by[name] = given_by.get(name, 0) + 1
        if outcome is not None and outcome.kind == "identified":
            assert outcome.nearest is not None
            assert given_by.pop(outcome.nearest.person) >= LIMITS.good_frames


def test_who_only_walks_by_is_not_recorded() -> None:
    spot, width = Spot(), HERE.width
    outcomes: list[VisitOutcome] = []
    for step in range(30):
        x = HERE.x0 + step * 0.2 * width
        outcomes += spot.stand(SITI, FRAME_S, Box(x, HERE.y0, x + width, HERE.y1))
    outcomes += spot.nobody(2)
    assert outcomes == []


def test_who_shows_that_they_are_there_is_identified_by_the_first_frames() -> None:
    spot = Spot(proving=passive)
    (outcome,) = spot.stand(SITI, 10)
    assert (outcome.kind, outcome.nearest.person, outcome.frames) == ("identified", "siti", LIMITS.good_frames)
    assert outcome.decided_s == pytest.approx(WINDOW_S)
    assert outcome.proof.passed


def test_a_known_face_without_life_is_a_suspicion_and_may_try_again() -> None:
    spot = Spot(proving=suspicious)
    outcomes = spot.stand(SITI, LIMITS.cool_down_s + 2 * WINDOW_S + 0.1)
    assert [(o.kind, o.nearest.person) for o in outcomes] == [("spoof", "siti")] * 2
    assert outcomes[0].proof.reasons == (Suspicion.LIFELESS,)


def test_a_stranger_is_asked_for_nothing() -> None:
    spot = Spot(proving=suspicious)
    assert [o.kind for o in spot.stand(STRANGER, 2)] == ["unknown"]


def test_probes_are_rare_while_somebody_shows_that_they_are_there() -> None:
    spot = Spot(proving=passive)
    spot.stand(SITI, LIMITS.good_frames * FRAME_S + FRAME_S)
    assert spot.visit.wants(spot.now_s + FRAME_S) == AnalysisDepth.FACE
    assert spot.visit.wants(spot.now_s + 0.5) == AnalysisDepth.PROBE


def test_nothing_that_another_face_has_shown_counts() -> None:
    spot = Spot(proving=passive)
    assert spot.stand(SITI, WINDOW_S - 0.1) == []
    (outcome,) = spot.stand(BUDI, 5)
    assert outcome.nearest.person == "budi"
    assert outcome.decided_s == pytest.approx(WINDOW_S)


def test_patience_does_not_end_while_something_is_asked_and_leaving_then_has_failed() -> None:
    spot = Spot(proving=doubtful)
    assert spot.stand(None, LIMITS.patience_s - 1, HERE, Reason.DARK) == []
    assert spot.stand(SITI, 3) == []
    assert spot.visit.asked == "turn_left"
    (outcome,) = spot.nobody(2)
    assert (outcome.kind, outcome.nearest.person) == ("spoof", "siti")
    assert outcome.proof.reasons == (Suspicion.NOT_DONE,)
    assert spot.visit.asked is None


def test_who_leaves_before_anything_was_asked_is_refused_as_ever() -> None:
    spot = Spot(proving=doubtful)
    spot.stand(SITI, WINDOW_S - 0.1)
    assert [o.kind for o in spot.nobody(2)] == ["refused"]


def test_after_five_suspicions_in_a_row_nobody_is_looked_at_for_a_while() -> None:
    spot = Spot(proving=suspicious)
    outcomes: list[VisitOutcome] = []
    while len(outcomes) < FAILURES:
        outcomes += spot.stand(SITI, FRAME_S)
    assert [o.rests for o in outcomes] == [False] * (FAILURES - 1) + [True]
    assert spot.visit.resting(spot.now_s)
    assert spot.stand(BUDI, PAUSE_S - 0.1) == []
    assert not spot.visit.resting(spot.now_s + 0.2)
    assert [o.nearest.person for o in spot.stand(BUDI, 2)] == ["budi"]


def room(seed: int) -> Thumb:
    return np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)


def test_who_appears_by_a_cut_in_anothers_place_is_not_there() -> None:
    spot = Spot(proving=passive)
    spot.thumb = room(1)
    assert spot.stand(STRANGER, 0.3) == []
    spot.thumb = room(2)
    (cut,) = spot.stand(SITI, WINDOW_S + 0.3)
    assert (cut.kind, cut.proof and cut.proof.reasons) == ("spoof", (Suspicion.CUT,))
    assert spot.stand(SITI, 10)[0].kind == "spoof", "for as long as anybody is seen"


def test_who_steps_into_anothers_place_before_the_same_room_is_there() -> None:
    spot = Spot(proving=passive)
    spot.thumb = room(1)
    assert spot.stand(STRANGER, 0.3) == []
    spot.thumb = (0.5 * room(1)).astype(np.uint8)  # and the light may change
    (known,) = spot.stand(SITI, WINDOW_S + 0.3)
    assert known.kind == "identified"


def test_a_cut_is_forgotten_once_nobody_is_there() -> None:
    spot = Spot(proving=passive)
    spot.thumb = room(1)
    spot.stand(STRANGER, 0.3)
    spot.thumb = room(2)
    spot.stand(SITI, 0.3)
    spot.nobody(LIMITS.gone_s + 0.1)
    (known,) = spot.stand(SITI, WINDOW_S + 0.3)
    assert known.kind == "identified"


def test_another_person_is_known_for_a_newcomer_and_who_comes_back_is_not() -> None:
    spot = Spot()
    assert not spot.visit.newcomer
    spot.stand(SITI, 1)
    spot.nobody(LIMITS.gone_s + FRAME_S)
    spot.stand(SITI, 3 * FRAME_S)
    assert not spot.visit.newcomer, "she leaned out of the picture to touch the screen"
    spot.nobody(LIMITS.gone_s + FRAME_S)
    spot.stand(BUDI, FRAME_S)
    assert not spot.visit.newcomer, "of a first sight nobody can say whose it is"
    spot.stand(BUDI, FRAME_S)
    assert spot.visit.newcomer
    spot.stand(BUDI, 1)
    assert not spot.visit.newcomer, "the last outcome is his own"


def test_a_face_that_was_out_of_sight_is_looked_at_again_while_its_outcome_is_fresh() -> None:
    spot = Spot()
    spot.stand(SITI, 1)
    assert spot.visit.wants(spot.now_s) is AnalysisDepth.PLACE
    spot.nobody(FRAME_S)
    assert spot.visit.wants(spot.now_s) is AnalysisDepth.PROBE
    spot.stand(SITI, FRAME_S)
    assert spot.visit.wants(spot.now_s) is AnalysisDepth.PLACE
