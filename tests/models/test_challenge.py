"""The challenge, answered by a head in space or by a print of it: in time or late, the right or the wrong way."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from models.liveness import Action, Challenge, Finding, LivenessSample, Suspicion, drawn
from models.liveness.actions import RULES
from models.liveness.challenge import BASELINE_S, TRIES
from tests.models.heads import FPS, Head, Pose, answer

LATER_S = BASELINE_S
STANDS = [Pose()] * FPS


@pytest.fixture(scope="module")
def head(face: NDArray[np.float64]) -> Head:
    return Head(face)


def judged(challenge: Challenge, track: list[LivenessSample]) -> tuple[Finding | None, list[Action | None]]:
    """The finding, None if none came, and the action that was asked in each frame until then."""
    asked: list[Action | None] = []
    for seen in track:
        step = challenge.see(seen)
        asked.append(step.asks)
        if step.finding is not None:
            return step.finding, asked
    return None, asked


ANSWERS = {
    Action.TURN_LEFT: answer(yaw_deg=25),
    Action.TURN_RIGHT: answer(yaw_deg=-25),
    Action.BLINK: answer(lids=0.0),
    Action.OPEN_MOUTH: answer(jaw=0.18),
    Action.COME_CLOSER: answer(size=1.3),
    Action.HOLD: [Pose()] * 66,
}


STILL = {Action.BLINK, Action.OPEN_MOUTH}  # actions during which the head holds still
OTHERS = [(a, d) for a in Action for d in Action if a != d and not (a is Action.HOLD and d in STILL)]


@pytest.mark.parametrize("action", Action)
def test_who_does_what_is_asked_passes(head: Head, action: Action) -> None:
    found, asked = judged(Challenge([action], LATER_S), head.film(ANSWERS[action]))
    assert found is not None
    assert found.passed
    assert set(asked) == {None, action}
    first = asked.index(action)
    assert LATER_S <= first / FPS <= LATER_S + 0.1


@pytest.mark.parametrize("action", [Action.TURN_LEFT, Action.OPEN_MOUTH, Action.HOLD])
def test_how_far_it_has_gone_is_told_until_it_is_done(head: Head, action: Action) -> None:
    challenge = Challenge([action], LATER_S)
    steps = [challenge.see(seen) for seen in head.film(ANSWERS[action])]
    told = [step.progress for step in steps if step.asks is not None]
    assert told[0] < 0.1
    assert any(0.1 < progress < 0.9 for progress in told)
    assert action is Action.HOLD or max(told) == 1
    assert {step.progress for step in steps if step.asks is None} == {0}


@pytest.mark.parametrize(("action", "done"), OTHERS)
def test_doing_something_else_does_not_count(head: Head, action: Action, done: Action) -> None:
    found, _ = judged(Challenge([action], LATER_S), head.film([*ANSWERS[done], *STANDS * 5]))
    assert found is not None
    assert found.reason is Suspicion.NOT_DONE


def test_a_print_turned_by_hand_is_flat_and_gets_no_other_way(head: Head) -> None:
    paper = replace(head, flat=True)
    turn = [replace(pose, yaw_deg=2 * pose.yaw_deg) for pose in ANSWERS[Action.TURN_LEFT]]
    order = [Action.TURN_LEFT, Action.OPEN_MOUTH, Action.BLINK]
    found, asked = judged(Challenge(order, LATER_S), paper.film([*turn, *ANSWERS[Action.OPEN_MOUTH]]))
    assert found is not None
    assert found.reason is Suspicion.FLAT
    assert Action.OPEN_MOUTH not in asked


def test_a_turn_alone_would_have_been_enough_for_that_print(head: Head) -> None:
    turn = [replace(pose, yaw_deg=2 * pose.yaw_deg) for pose in ANSWERS[Action.TURN_LEFT]]
    _, asked = judged(Challenge([Action.TURN_LEFT], LATER_S), replace(head, flat=True).film(turn))
    assert asked.count(Action.TURN_LEFT) > FPS // 2, "it is the depth that refuses it, after the turn"


def test_who_cannot_do_one_gets_another(head: Head) -> None:
    waits = [Pose()] * round((RULES[Action.TURN_LEFT].limit_s + 0.4) * FPS)
    order = [Action.TURN_LEFT, Action.OPEN_MOUTH]
    found, asked = judged(Challenge(order, LATER_S), head.film([*waits, *ANSWERS[Action.OPEN_MOUTH]]))
    assert found is not None
    assert found.passed
    assert [action for action in dict.fromkeys(asked) if action] == order


def test_who_does_nothing_has_not_passed_after_all_time_limits(head: Head) -> None:
    order = [Action.TURN_LEFT, Action.OPEN_MOUTH]
    found, asked = judged(Challenge(order, LATER_S), head.film(STANDS * 10))
    assert found is not None
    assert found.reason is Suspicion.NOT_DONE
    assert len(asked) / FPS == pytest.approx(sum(RULES[action].limit_s + LATER_S for action in order), abs=0.3)


def test_nobody_is_asked_for_more_than_so_many(head: Head) -> None:
    order = [Action.TURN_LEFT, Action.OPEN_MOUTH, Action.TURN_RIGHT]
    found, asked = judged(Challenge(order, LATER_S), head.film(STANDS * 14))
    assert found is not None
    assert found.reason is Suspicion.NOT_DONE
    assert [action for action in dict.fromkeys(asked) if action] == order[:TRIES]


def test_two_things_are_asked_for_when_two_are_needed(head: Head) -> None:
    order = [Action.TURN_LEFT, Action.OPEN_MOUTH]
    film = head.film([*ANSWERS[Action.TURN_LEFT], *ANSWERS[Action.OPEN_MOUTH]])
    assert judged(Challenge(order, LATER_S, needed=2), film[:66])[0] is None
    found, _ = judged(Challenge(order, LATER_S, needed=2), film)
    assert found is not None
    assert found.passed


def test_a_turn_that_stays_is_not_an_answer(head: Head) -> None:
    stays = [*ANSWERS[Action.TURN_LEFT][:36], *[Pose(yaw_deg=25)] * 120]
    found, _ = judged(Challenge([Action.TURN_LEFT], LATER_S), head.film(stays))
    assert found is not None
    assert found.reason is Suspicion.NOT_DONE


def test_what_begins_before_it_can_be_an_answer_is_none(head: Head) -> None:
    film = [*STANDS[:13], *ANSWERS[Action.TURN_LEFT][21:], *STANDS * 5]  # asked in the thirteenth
    found, asked = judged(Challenge([Action.TURN_LEFT], LATER_S), head.film(film))
    assert found is not None
    assert found.reason is Suspicion.NOT_DONE
    assert 0 < asked.count(Action.TURN_LEFT) < 0.2 * FPS


def test_nobody_is_asked_while_they_turn_anyway(head: Head) -> None:
    sways = [Pose(yaw_deg=12 * np.sin(4 * np.pi * frame / FPS)) for frame in range(2 * FPS)]
    _, asked = judged(Challenge([Action.TURN_LEFT], LATER_S), head.film([*sways, *STANDS]))
    assert set(asked[: 2 * FPS]) == {None}
    assert Action.TURN_LEFT in asked


def test_nobody_is_asked_until_they_look_ahead(head: Head) -> None:
    away = [Pose(yaw_deg=25)] * FPS
    _, asked = judged(Challenge([Action.BLINK], LATER_S), head.film([*away, *STANDS]))
    assert set(asked[:FPS]) == {None}
    assert Action.BLINK in asked


def test_an_order_is_drawn_by_its_seed_and_begins_with_a_turn() -> None:
    orders = {drawn(Random(seed)) for seed in range(40)}
    assert len(orders) == 2
    assert drawn(Random(3)) == drawn(Random(3))
    assert {order[0] for order in orders} == {Action.TURN_LEFT, Action.TURN_RIGHT}
    assert set(drawn(Random(1), tuple(Action))) == set(Action)
    assert drawn(Random(1), (Action.BLINK,)) == (Action.BLINK,)


def test_a_challenge_that_cannot_be_met_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 2 of 1 actions"):
        Challenge([Action.BLINK], LATER_S, needed=2)
