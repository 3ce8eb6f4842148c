"""Templates: shots that agree are averaged, the others are set aside and reported."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ShotsDisagreeError
from models.gallery import Vector, template_of, unit


def near(axis: int, noise: float, seed: int) -> Vector:
    vector = np.random.default_rng(seed).normal(0, noise, 32)
    vector[axis] += 1
    return unit(vector.astype(np.float32))


def test_one_shot_is_the_template() -> None:
    shot = near(0, 0.05, 1)
    template = template_of([shot], 0.9)
    assert np.allclose(template.vector, shot, atol=1e-6)
    assert (template.agreement, template.set_aside) == ((None,), ())


def test_another_persons_shot_is_set_aside() -> None:
    shots = [near(0, 0.02, 1), near(5, 0.02, 2), near(0, 0.02, 3), near(0, 0.02, 4)]
    template = template_of(shots, 0.8)
    assert template.set_aside == (1,)
    agreement = [0.0 if one is None else one for one in template.agreement]
    assert agreement[1] < 0.5
    assert min(a for i, a in enumerate(agreement) if i != 1) > 0.9


@pytest.mark.parametrize("axes", [(0, 1), (0, 1, 2), (0, 0, 1, 1)])
def test_shots_of_which_no_majority_agrees_are_refused(axes: list[int]) -> None:
    with pytest.raises(ShotsDisagreeError, match="different people"):
        template_of([near(axis, 0.02, number) for number, axis in enumerate(axes)], 0.8)


@given(st.lists(st.integers(0, 1), min_size=3, max_size=7).filter(lambda who: 2 * sum(who) < len(who)), st.randoms())
def test_the_minority_is_set_aside_in_whatever_order(who: list[int], random: Random) -> None:
    random.shuffle(who)
    template = template_of([near(axis, 0.02, number) for number, axis in enumerate(who)], 0.8)
    assert template.set_aside == tuple(number for number, axis in enumerate(who) if axis == 1)
    assert np.linalg.norm(template.vector) == pytest.approx(1, abs=1e-5)
