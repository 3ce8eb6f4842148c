"""When the nearest enrolled person is accepted."""

import pytest

from kiosk.people.acceptance import Verdict, judge
from models.calibration import Acceptance
from models.gallery import Identity

ACCEPTANCE = Acceptance(threshold=0.9, margin=0.02, wide_margin=0.05, fmr=1e-4)
TWINS = frozenset({frozenset({"siti", "sari"})})


@pytest.mark.parametrize(
    ("nearest", "verdict"),
    [
        (None, "empty_gallery"),
        (Identity("siti", 0.89, None), "threshold"),
        (Identity("siti", 0.9, None), "accepted"),
        (Identity("siti", 0.95, 0.01, "budi"), "margin"),
        (Identity("siti", 0.95, 0.03, "budi"), "accepted"),
        (Identity("siti", 0.95, 0.03, "sari"), "look_alike"),
        (Identity("sari", 0.95, 0.03, "siti"), "look_alike"),
        (Identity("siti", 0.95, 0.06, "sari"), "accepted"),
    ],
)
def test_verdicts(nearest: Identity | None, verdict: Verdict) -> None:
    judgement = judge(nearest, ACCEPTANCE, TWINS)
    assert (judgement.nearest, judgement.verdict) == (nearest, verdict)
