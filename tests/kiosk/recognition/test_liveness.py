"""What a level asks for, what the findings come to, and how long it takes: fed by hand."""

from pathlib import Path

import pytest

from kiosk import settings as settings_file
from kiosk.app.liveness import level
from kiosk.recognition.liveness import (
    FAILURES,
    LONGEST_WINDOW_S,
    PAUSE_S,
    WINDOW_S,
    FailureCounter,
    Level,
    LivenessResult,
    LivenessSession,
    Next,
    after_passive,
)
from models.liveness.finding import Check, Finding, Suspicion
from models.liveness.track import Track
from sync.documents.policy import Policy
from tests.kiosk.policies import local, policy
from tests.kiosk.samples import found, nothing_to_ask, seen, turn_left

FRAME_S = 1 / 30
GOOD = found(parallax=None, life=None, surroundings=None, continuity=None)
UNSURE = [*found(parallax=None, life=None, continuity=None), Finding(Check.SURROUNDINGS, 0.55, 0.5, None)]
DOUBT = found(parallax=Suspicion.FLAT, life=None, surroundings=None, continuity=None)
CARRIED = found(parallax=None, life=None, surroundings=Suspicion.CARRIED, continuity=None)
SCREEN = found(parallax=None, screen=Suspicion.SCREEN, continuity=None)
SHORT = found(continuity=Suspicion.TOO_SHORT)


@pytest.mark.parametrize(
    ("asked", "findings", "then"),
    [
        ("passive", GOOD, "passed"),
        ("passive", DOUBT, "failed"),
        ("passive", SHORT, "failed"),
        ("passive", [], "failed"),
        ("adaptive", GOOD, "passed"),
        ("passive", UNSURE, "passed"),
        ("adaptive", UNSURE, "ask"),
        ("adaptive", CARRIED, "failed"),
        ("strict", CARRIED, "failed"),
        ("adaptive", DOUBT, "ask"),
        ("adaptive", SHORT, "ask"),
        ("adaptive", [], "ask"),
        ("adaptive", SCREEN, "failed"),
        ("strict", GOOD, "ask"),
        ("strict", DOUBT, "ask"),
        ("strict", SCREEN, "failed"),
    ],
)
def test_what_follows_from_the_passive_checks(asked: Level, findings: list[Finding], then: Next) -> None:
    assert after_passive(asked, findings) == then


def test_a_proof_passes_only_when_every_check_was_made_and_passed() -> None:
    assert LivenessResult("passive", tuple(GOOD)).passed
    for failed in (LivenessResult("passive", tuple(DOUBT)), LivenessResult("passive")):
        assert not failed.passed
        assert not failed.lets_in
    assert LivenessResult("passive", (*DOUBT, *DOUBT)).reasons == (Suspicion.FLAT,)
    assert LivenessResult("passive", tuple(DOUBT)).score == 0.2


def test_off_lets_in_and_says_that_nothing_was_shown() -> None:
    proof = LivenessSession("off", lambda _: GOOD, nothing_to_ask).judge(0.0)
    assert proof == LivenessResult("off")
    assert (proof.lets_in, proof.passed, proof.score) == (True, False, 0.0)


def gathered(
    proving: LivenessSession, seconds: float, at_s: float = 0.0, frame_s: float = FRAME_S
) -> tuple[LivenessResult | None, float]:
    """Feed frames until something is clear, at most so long; returns the result and its time."""
    for number in range(round(seconds / frame_s) + 1):
        now_s = at_s + number * frame_s
        proving.see(seen(now_s))
        if (proof := proving.judge(now_s)) is not None:
            return proof, now_s
    return None, at_s + seconds


def test_the_passive_checks_decide_after_a_second_and_a_half() -> None:
    proof, at_s = gathered(LivenessSession("adaptive", lambda _: GOOD, nothing_to_ask), 5)
    assert proof == LivenessResult("adaptive", tuple(GOOD))
    assert at_s == pytest.approx(WINDOW_S)
    proof, at_s = gathered(LivenessSession("passive", lambda _: DOUBT, nothing_to_ask), 5)
    assert proof is not None
    assert not proof.passed
    assert at_s == pytest.approx(WINDOW_S)


@pytest.mark.parametrize(("frames_s", "decided_s"), [(30, WINDOW_S), (8, WINDOW_S), (6, 11 / 6), (3, LONGEST_WINDOW_S)])
def test_a_slow_device_is_given_time_for_enough_frames(frames_s: float, decided_s: float) -> None:
    proof, at_s = gathered(LivenessSession("adaptive", lambda _: GOOD, nothing_to_ask), 5, frame_s=1 / frames_s)
    assert proof is not None
    assert at_s == pytest.approx(decided_s)


def test_a_doubt_asks_and_who_does_nothing_has_failed() -> None:
    proving = LivenessSession("adaptive", lambda _: DOUBT, turn_left)
    assert gathered(proving, WINDOW_S) == (None, WINDOW_S)
    assert proving.left() is None, "nothing has been asked yet"
    assert gathered(proving, 1.0, WINDOW_S + FRAME_S)[0] is None
    assert proving.asked == "turn_left"
    left = proving.left()
    assert left is not None
    assert (left.reasons, left.challenge) == ((Suspicion.NOT_DONE,), "turn_left")
    proof, at_s = gathered(proving, 10, 3.0)
    assert proof is not None
    assert (proof.passed, proof.challenge) == (False, "turn_left")
    assert proof.reasons == (Suspicion.FLAT, Suspicion.NOT_DONE), "a doubt that stays is one"
    assert [finding.check for finding in proof.findings] == [*(finding.check for finding in DOUBT), "challenge"]
    assert at_s < 6


def test_what_no_answer_makes_good_ends_a_challenge() -> None:
    now: list[Finding] = list(DOUBT)
    proving = LivenessSession("strict", lambda _: now, turn_left)
    assert gathered(proving, WINDOW_S)[0] is None
    now[:] = SCREEN
    proof, at_s = gathered(proving, 5, WINDOW_S + FRAME_S)
    assert proof is not None
    assert Suspicion.SCREEN in proof.reasons
    assert at_s < 2 * WINDOW_S + 2 * FRAME_S


def test_the_track_is_bounded_and_a_probe_wanted_now_and_then() -> None:
    lengths: list[float] = []

    def length(track: Track) -> list[Finding]:
        lengths.append(track[-1].at_s - track[0].at_s)
        return DOUBT

    proving = LivenessSession("strict", length, turn_left)
    gathered(proving, 10)
    assert len(lengths) > 2
    assert max(lengths) <= 3.0
    assert proving.wants_probe(0.0)
    proving.see(seen(20.0, seen(0.0).points[:, 0]))
    assert not proving.wants_probe(20.2)
    assert proving.wants_probe(20.5)


def test_the_spot_rests_after_so_many_failures_in_a_row() -> None:
    failures = FailureCounter()
    assert [failures.failed(0.0) for _ in range(FAILURES - 1)] == [False] * (FAILURES - 1)
    failures.passed()
    assert [failures.failed(10.0) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert failures.resting(10.0 + PAUSE_S - 0.1)
    assert not failures.resting(10.0 + PAUSE_S)
    assert not failures.failed(50.0)


def test_the_settings_say_the_level_until_the_agencys_policy_does() -> None:
    settings = settings_file.laptop_settings(Path("/nowhere"))
    silent = policy((local("2026-01-01T00:00:00"), "trial"))
    sent: list[Policy | None] = [None]
    now = level(settings, lambda: sent[0])
    assert now() == settings.liveness.level
    for sent[0], wanted in (
        (silent.model_copy(update={"liveness": None}), settings.liveness.level),
        (silent.model_copy(update={"liveness": "strict"}), "strict"),
        (silent.model_copy(update={"liveness": "off"}), "off"),
    ):
        assert now() == wanted
