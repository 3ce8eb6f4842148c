"""Calibration: the table, the threshold for the number of people, and refusals."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import calibration
from models.calibration import Calibration, Impostors, comparison_fmr, measure
from models.errors import CalibrationError

RNG = np.random.default_rng(1)
STRANGERS = RNG.normal(0.5, 0.1, 200_000).clip(-1, 0.99).astype(np.float32)
RELATED = RNG.normal(0.65, 0.08, 5_000).clip(-1, 0.99).astype(np.float32)
TABLE = measure("m", "made up", Impostors(STRANGERS, STRANGERS, {}))


def test_the_threshold_keeps_strangers_out_as_promised() -> None:
    for fmr in (1e-2, 1e-3, 1e-4):
        assert (TABLE.threshold(fmr) <= STRANGERS).mean() == pytest.approx(fmr, rel=0.3)


def test_a_gallery_of_strangers_gives_the_wanted_false_positives() -> None:
    people, fpir = 50, 0.02
    threshold = TABLE.acceptance(fpir, people).threshold
    visits = np.random.default_rng(2).normal(0.5, 0.1, (40_000, people))
    assert (visits.max(axis=1) >= threshold).mean() == pytest.approx(fpir, rel=0.25)


def test_a_group_that_looks_more_alike_sets_the_threshold_for_all() -> None:
    table = measure("m", "made up", Impostors(STRANGERS, STRANGERS, {"related": RELATED}))
    assert (table.threshold(1e-2) <= RELATED).mean() <= 0.013
    assert all(a >= min(b, 1.0) - 1e-5 for a, b in zip(table.scores, TABLE.scores, strict=True))


@given(st.floats(1e-6, 0.1), st.integers(1, 100_000))
def test_more_people_never_lower_the_threshold(fpir: float, people: int) -> None:
    few, many = TABLE.acceptance(fpir, people), TABLE.acceptance(fpir, people + 1)
    assert many.threshold >= few.threshold
    assert 0 < few.margin < few.wide_margin


@given(st.floats(1e-6, 0.1), st.integers(1, 100_000))
def test_comparisons_add_up_to_the_visit(fpir: float, people: int) -> None:
    assert 1 - (1 - comparison_fmr(fpir, people)) ** people == pytest.approx(fpir, rel=1e-4)


def test_too_few_comparisons_are_refused() -> None:
    with pytest.raises(CalibrationError, match="too few"):
        measure("m", "few", Impostors(STRANGERS[:300], STRANGERS[:300], {}))


def test_a_table_of_another_model_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "calibration.json"
    TABLE.write(own)
    assert calibration.calibration_for("m", own) == TABLE
    with pytest.raises(CalibrationError, match="kiosk calibrate"):
        calibration.calibration_for("another", own)


def test_a_table_for_another_model_does_not_hide_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "calibration.json"
    TABLE.write(own)
    shipped = calibration.read(min(calibration._SHIPPED.glob("*.json")))
    assert calibration.calibration_for(shipped.model, own) == shipped


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    own = tmp_path / "calibration.json"
    TABLE.write(own)
    before = own.read_bytes()
    (tmp_path / "calibration.json.new").mkdir()  # simulates a full disk
    with pytest.raises(CalibrationError, match=r"cannot be written to .*calibration\.json"):
        TABLE.model_copy(update={"source": "again"}).write(own)
    assert own.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("made up", "", 1).replace('"source"', '"sauce"'),
        lambda text: json.dumps({**json.loads(text), "scores": sorted(json.loads(text)["scores"], reverse=True)}),
        lambda text: json.dumps({**json.loads(text), "fmr": [0.1, 0.01], "scores": [0.5, 0.6]}),
        lambda text: json.dumps({**json.loads(text), "fmr": [*json.loads(text)["fmr"][:-1], -1e-7]}),
        lambda text: json.dumps({**json.loads(text), "scores": [*json.loads(text)["scores"][:-1], float("nan")]}),
        lambda _: "",
    ],
)
def test_a_damaged_table_is_refused_by_name(tmp_path: Path, damage: Callable[[str], str]) -> None:
    own = tmp_path / "calibration.json"
    TABLE.write(own)
    own.write_text(damage(own.read_text()))
    with pytest.raises(CalibrationError, match=r"calibration\.json is damaged"):
        calibration.calibration_for("m", own)


def test_shipped_tables_can_be_read_and_promise_what_they_say() -> None:
    for path in sorted(calibration._SHIPPED.glob("*.json")):
        table = calibration.read(path)
        assert isinstance(table, Calibration)
        assert table.acceptance(0.003, 100).threshold < 1
