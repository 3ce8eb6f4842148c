"""`kiosk evaluate-days`: its sittings, who fills a gallery, its counts, and the command on real sittings."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kiosk.lab.evaluation.dataset import most_pictured
from kiosk.lab.evaluation.days import DayEnrolment, DayVisit, Result, Sitting, document, lines, sittings_in
from kiosk.people import MatchPolicy
from kiosk.runtime.errors import UsageError
from models.calibration import LEVELS, Calibration
from tests.shared import shared

NUAA = shared("spoof") / "nuaa" / "genuine"


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
        (root / name / "000.jpg").write_bytes(b"")
    return root


def sitting(person: str, day: str) -> Sitting:
    return Sitting(person, day, Path(person) / day)


def match_policy() -> MatchPolicy:
    scores = tuple(0.1 + 0.02 * step for step in range(len(LEVELS)))
    table = Calibration(model="m@1", source="here", comparisons=1000, measured_to=1e-3, fmr=LEVELS, scores=scores)
    return MatchPolicy(table, 0.003, lead=4, dimension=4)


def test_days_lie_below_people(tmp_path: Path) -> None:
    found = sittings_in(folders(tmp_path, "budi/1", "budi/2", "siti/2026-03-01"))
    assert [(one.person, one.day) for one in found] == [("budi", "1"), ("budi", "2"), ("siti", "2026-03-01")]


def test_a_flat_folder_names_the_person_first_and_the_day_last(tmp_path: Path) -> None:
    found = sittings_in(folders(tmp_path, "0001_00_00_01", "0001_00_00_02", "0004_01_06_03"))
    assert [(one.person, one.day) for one in found] == [("0001", "01"), ("0001", "02"), ("0004", "03")]


def test_a_folder_in_which_nobody_has_two_days_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        sittings_in(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="nobody on two days"):
        sittings_in(folders(tmp_path, "budi/1", "siti/1"))


def test_who_has_photos_enough_fills_a_gallery_first() -> None:
    people = {f"p{number}": [Path(f"{n}.jpg") for n in range(1 + number % 7)] for number in range(70)}
    drawn = most_pictured(people, 60)
    counts = [min(len(people[name]), 3) for name in drawn]
    assert len(drawn) == 60
    assert counts == sorted(counts, reverse=True)
    assert max(len(photos) for photos in drawn.values()) == 5
    assert list(drawn) == list(most_pictured(people, 60))


def visit(person: str, result: Result, *, at_last: bool = False, reasons: tuple[str, ...] = ()) -> DayVisit:
    score = None if result == "refused" else 0.7
    return DayVisit(100, "1", sitting(person, "2"), result, at_last, score, reasons)


def test_visits_are_counted_by_visit_and_by_person() -> None:
    visits = [visit("a", "identified", at_last=True)] * 6 + [
        visit("b", "refused", at_last=True, reasons=("glare", "dark")),
        visit("b", "unknown", reasons=("threshold",)),
        visit("b", "identified", at_last=True),
        visit("c", "another", reasons=("accepted",)),
    ]
    enrolments = [
        DayEnrolment(sitting("a", "1"), (np.ones(4, np.float32),) * 5, Counter()),
        DayEnrolment(sitting("b", "1"), (), Counter(glare=40)),
    ]
    found = json.loads(json.dumps(document(enrolments, visits, match_policy())))
    (row,) = found["galleries"]
    assert row["results"] == {"identified": 7, "another": 1, "unknown": 1, "refused": 1, "nobody": 0}
    assert row["refused"] == {"glare": 1}
    assert row["identified_at_last"] == 8
    assert (row["missed"]["share"], row["missed"]["people"]) == (0.3, 2)
    assert (row["another"]["share"], row["another"]["people"]) == (0.1, 1)
    # Clopper and Pearson, one-sided: 3 of 10, 2 of 3.
    assert (row["missed"]["upper95"], row["missed"]["people_upper95"]) == (0.6066, 0.983)
    assert found["sittings"][1] == {"person": "b", "day": "1", "shots": 0, "refused": {"glare": 40}}
    text = "\n".join(lines(found))
    assert "1 of 2 sittings give shots enough" in text
    assert "b, day 1: 0 shots, refused 40 glare" in text


@pytest.mark.skipif(not NUAA.exists(), reason="needs the shared sittings")
def test_somebody_comes_on_another_day(tmp_path: Path) -> None:
    for name in ("0001_00_00_01", "0001_00_00_02", "0008_00_00_02"):
        (tmp_path / name).mkdir()
        for picture in sorted((NUAA / name).iterdir())[:40]:
            (tmp_path / name / picture.name).symlink_to(picture)
    command = [sys.executable, "-m", "kiosk", "evaluate-days", str(tmp_path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["shots"] for one in found["sittings"]] == [5, 5, 5]
    assert [(row["enrolled"], row["visited"], row["n"]) for row in found["visits"]] == [
        ("01", "02", 2),
        ("02", "01", 2),
    ]
    assert all(row["score"] > 0.5 for row in found["visits"])
    (counts,) = found["galleries"]
    assert (counts["results"]["another"], counts["results"]["refused"]) == (0, 0)
