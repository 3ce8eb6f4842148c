"""The evaluation: its figures on made-up vectors, and the whole command on a few people of the shared photos."""

import json
import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.lab.evaluation import command
from kiosk.lab.evaluation.dataset import Dataset, impostors, photos_in, read_groups
from kiosk.lab.evaluation.report import deployed, report
from kiosk.people import MatchPolicy
from kiosk.runtime.errors import UsageError
from models.calibration import Calibration, measure
from models.evaluation import OpenSet
from tests import commands
from tests.shared import shared

FACES = shared("faces")
LFW, GROUPS = FACES / "lfw-dev", FACES / "lfw-dev-groups.csv"
needs_faces = pytest.mark.skipif(not LFW.exists(), reason="needs the shared test photos")


def made_up(people: int = 150, photos: int = 6, noise: float = 0.6) -> Dataset:
    random = np.random.default_rng(3)
    centres = random.normal(size=(people, 64))
    labels = np.repeat(np.arange(people), photos)
    vectors = centres[labels] + noise * random.normal(size=(len(labels), 64))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = tuple(f"p{number}" for number in range(people))
    return Dataset("made-up", names, labels, vectors.astype(np.float32), Counter({"dark": 100}))


def match_policy(table: Calibration, fpir: float = 0.003) -> MatchPolicy:
    return MatchPolicy(table, fpir, lead=64, dimension=64)


def test_the_report_has_the_promised_shape() -> None:
    data = made_up()
    groups = {name: "few" if number < 20 else "many" for number, name in enumerate(data.people)}
    document, _ = report(data, groups, match_policy(measure("made-up", "here", impostors(data, groups))))
    document = json.loads(json.dumps(document))
    assert document["images"] == 1000
    assert document["failure_to_acquire"] == 0.1
    assert document["verification"]["accuracy"] > 0.98
    rates = document["verification"]["fnmr_at_fmr"]
    assert list(rates) == ["1e-2", "1e-3", "1e-4", "1e-5"]
    assert rates["1e-2"] <= rates["1e-4"]
    rows = {(row["n"], row["enrol"], row["probe"]): row["fnir"] for row in document["identification"]}
    assert rows[100, 3, 3] <= rows[100, 3, 1] <= rows[100, 1, 1]
    assert set(document["groups"]) == {"few", "many"}
    assert document["groups"]["few"]["people"] == 20


def test_a_kiosk_keeps_the_promised_false_positives_of_strangers() -> None:
    data = made_up(people=300, noise=1.0)
    table = measure("made-up", "here", impostors(data, {}))
    everybody = np.ones(300, np.bool_)
    tally = deployed(data, everybody, OpenSet(100, 3, 3, 0.01, 20), match_policy(table, 0.01), seed=1)
    assert tally is not None
    assert tally.strangers.sum() > 2000
    assert tally.accepted.sum() / tally.strangers.sum() < 0.015
    assert tally.missed.sum() / tally.mated.sum() < 0.1


def test_too_few_people_give_no_row() -> None:
    data = made_up(people=40)
    table = measure("made-up", "here", impostors(data, {}))
    assert deployed(data, np.ones(40, np.bool_), OpenSet(100, 3, 1, 0.003, 5), match_policy(table), seed=1) is None


def test_people_with_one_photo_each_give_no_false_non_matches() -> None:
    data = made_up(people=30, photos=1)
    document, _ = report(data, {}, None)
    assert document["verification"]["accuracy"] is None
    assert document["verification"]["fnmr_at_fmr"] == {}
    assert document["identification"] == []


def test_too_few_people_with_two_photos_are_named() -> None:
    data = made_up(people=40)
    kept = np.flatnonzero((data.labels < 4) | (np.arange(len(data.labels)) % 6 == 0))
    few = replace(data, labels=data.labels[kept], vectors=data.vectors[kept])
    with pytest.raises(UsageError, match="too few photos: 4 of 40 people have two or more"):
        report(few, {}, None)


def test_a_plot_without_pairs_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "photos_in", lambda _: {})
    monkeypatch.setattr(command, "embed_all", lambda *_: made_up(people=5, photos=1))
    monkeypatch.setattr(command, "_match_policy", lambda _: None)
    with pytest.raises(UsageError, match="too few photos for the DET plot"):
        command.evaluate(tmp_path, plot_file=tmp_path / "det.png")


def test_wrong_folders_and_groups_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        photos_in(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no sub-folder with photos"):
        photos_in(tmp_path)
    (tmp_path / "groups.csv").write_text("person,kind\na,b\n")
    with pytest.raises(UsageError, match="columns identity and group"):
        read_groups(tmp_path / "groups.csv")


def test_photos_without_a_face_are_a_failure_to_acquire_and_said(tmp_path: Path) -> None:
    for person in ("a", "b"):
        folder = tmp_path / "photos" / person
        folder.mkdir(parents=True)
        assert cv2.imwrite(str(folder / "wall.png"), np.full((200, 200, 3), 190, np.uint8))
        (folder / "torn.jpg").write_bytes(b"no picture")
    done = evaluate(str(tmp_path / "photos"), "--processes", "1")
    assert done.returncode == 2
    assert "none of the 4 photos" in done.stderr


def evaluate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run("kiosk", "evaluate", *arguments, cwd=Path.cwd())


@needs_faces
def test_the_shipped_embedder_on_a_few_people(tmp_path: Path) -> None:
    several = [folder for folder in sorted(LFW.iterdir()) if 4 <= len(list(folder.iterdir())) <= 5][:60]
    photos = tmp_path / "photos"
    photos.mkdir()
    for folder in several:
        (photos / folder.name).symlink_to(folder)
    plot = tmp_path / "det.png"
    done = evaluate(str(photos), "--groups", str(GROUPS), "--plot", str(plot), "--json", "--processes", "2")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["failure_to_acquire"] < 0.1
    assert document["verification"]["fnmr_at_fmr"]["1e-3"] < 0.05
    rows = {(row["n"], row["enrol"], row["probe"]): row["fnir"] for row in document["identification"]}
    assert rows[50, 3, 3] < 0.05
    assert cv2.imread(str(plot)) is not None
