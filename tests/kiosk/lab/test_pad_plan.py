"""The plan of `scripts/pad-test`: which presentations it makes."""

from collections import Counter
from pathlib import Path

from camera.synthetic.attacks.species import EDITED, PRINTS, SCREENS
from kiosk.lab.padtest.trial import AttackSource
from scripts.padtest.clips import KINDS, PHOTOS, WALK_UPS, people_in, plan

PEOPLE = {f"p{number}": AttackSource(Path(f"p{number}.jpg")) for number in range(PHOTOS)}


def test_the_whole_plan_is_as_large_as_its_bounds_need() -> None:
    shown = plan(PEOPLE, 1.0, seed=3)
    counted = Counter(one.species for one in shown)
    assert sum(counted[species] for species in PRINTS) >= 200
    assert sum(counted[species] for species in SCREENS) >= 200
    assert all(counted[species] >= 40 for species in EDITED)
    assert counted[None] == WALK_UPS
    assert {species for kinds in KINDS.values() for species in kinds} == set(counted) - {None}
    assert len({one.person for one in shown if one.species in PRINTS}) >= 40
    assert len({one.person for one in shown if one.species in SCREENS}) >= 40
    assert len({one.url for one in shown}) == len(shown)


def test_a_part_has_as_much_of_everything_and_a_seed_is_a_plan() -> None:
    part = Counter(one.species for one in plan(PEOPLE, 0.2, seed=3))
    attacks = dict.fromkeys(PRINTS, 10) | dict.fromkeys(SCREENS, 20) | dict.fromkeys(EDITED, 8)
    walk_ups = part.pop(None)
    assert (walk_ups, part) == (20, attacks)
    assert plan(PEOPLE, 0.2, seed=3) == plan(PEOPLE, 0.2, seed=3)
    assert plan(PEOPLE, 0.2, seed=3) != plan(PEOPLE, 0.2, seed=4)


def test_who_is_in_a_clip_comes_first_and_others_in_an_order_of_the_seed(tmp_path: Path) -> None:
    for path in ("videos/single-face/a.mp4", *(f"faces/lfw-dev/{name}/1.jpg" for name in "bcdefgh")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    first, second = list(people_in(tmp_path, seed=1)), list(people_in(tmp_path, seed=2))
    assert first[0] == second[0] == "clip a"
    assert sorted(first) == sorted(second)
    assert first != second
