"""The data set of an evaluation: probes of photos in a folder, and the comparisons between them.

The folder has one sub-folder of photos for each person.
"""

import csv
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera import SourceUnreadable
from camera.files import IMAGE_SUFFIXES
from kiosk.app import parts
from kiosk.enrolment.examination import ENOUGH, MOST
from kiosk.enrolment.shots import read_small
from kiosk.recognition.pipeline import FacePipeline
from kiosk.runtime.errors import UsageError
from kiosk.settings import Settings
from models.calibration import Impostors
from models.evaluation import compare
from models.gallery import Vector, unit

_CHUNK = 16
_SEED = 1


@dataclass(frozen=True, slots=True)
class Dataset:
    """The probes of a folder of photos.

    `vectors[i]` of (n, d) is the probe of a photo of the person `people[labels[i]]`. `refused` counts the photos
    without a probe, by reason. `model` names the embedder.
    """

    model: str
    people: tuple[str, ...]
    labels: NDArray[np.int64]
    vectors: NDArray[np.float32]
    refused: Counter[str]

    @property
    def photos(self) -> int:
        """The number of all photos, used or refused."""
        return len(self.labels) + self.refused.total()


def photos_in(folder: Path) -> dict[str, list[Path]]:
    """Photos by the name of their folder, which is the person. Raises UsageError when there are none."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; give one with a sub-folder of photos for each person")
    found = {
        sub.name: sorted(path for path in sub.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        for sub in sorted(folder.iterdir())
        if sub.is_dir()
    }
    people = {name: photos for name, photos in found.items() if photos}
    if not people:
        raise UsageError(f"{folder} holds no sub-folder with photos; give one with a sub-folder for each person")
    return people


def most_pictured(people: Mapping[str, Sequence[Path]], count: int) -> dict[str, Sequence[Path]]:
    """Up to `count` people drawn by a fixed seed, with up to five photos each; who has enough to enrol comes first."""
    drawn = np.random.default_rng(_SEED).permutation(sorted(people)).tolist()
    drawn.sort(key=lambda name: -min(len(people[name]), ENOUGH))
    return {name: people[name][:MOST] for name in drawn[:count]}


def embed_all(
    people: Mapping[str, Sequence[Path]], settings: Settings, processes: int, progress: Callable[[int, int], None]
) -> Dataset:
    """Analyse every photo as the daemon analyses a frame. `progress` is called with (done, all).

    Raises UsageError when no photo gives a probe.
    """
    tasks = [(label, path) for label, paths in enumerate(people.values()) for path in paths]
    labels, vectors, refused = [], [], Counter[str]()
    for done, (label, outcome) in enumerate(_probes(tasks, settings, processes), 1):
        if isinstance(outcome, str):
            refused[outcome] += 1
        else:
            labels.append(label)
            vectors.append(outcome)
        progress(done, len(tasks))
    if not vectors:
        raise UsageError(f"none of the {len(tasks)} photos shows a face that is good enough")
    return Dataset(
        parts.embedder(settings).model, tuple(people), np.array(labels, np.int64), np.stack(vectors), refused
    )


def _probes(
    tasks: Sequence[tuple[int, Path]], settings: Settings, processes: int
) -> Iterator[tuple[int, Vector | str]]:
    # Spawned, as MediaPipe's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_start, initargs=(settings,)) as pool:
        yield from pool.map(_probe, tasks, chunksize=_CHUNK)


class _Process:
    """The pipeline that a worker process keeps between photos."""

    pipeline: FacePipeline


def _start(settings: Settings) -> None:
    _Process.pipeline = parts.pipeline(settings)


def _probe(task: tuple[int, Path]) -> tuple[int, Vector | str]:
    label, path = task
    _Process.pipeline.forget()
    try:
        image = read_small(path)
    except SourceUnreadable:
        return label, "unreadable"
    observation = _Process.pipeline.look(image, 0.0).observation
    if observation.probe is not None:
        return label, observation.probe
    return label, "no_face" if observation.box is None else str(observation.reasons[0])


_AVERAGED = 3
"""Photos that are averaged into a probe or a template."""


def read_groups(path: Path) -> dict[str, str]:
    """The group of each person, from a CSV with the columns identity and group. Raises UsageError."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["identity"]: row["group"] for row in csv.DictReader(file)}
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a CSV with the columns identity and group: {error}") from error


def members(data: Dataset, groups: Mapping[str, str]) -> dict[str, NDArray[np.bool_]]:
    """A mask over the photos for every group: which of them show its people."""
    of_person = np.array([groups.get(person, "") for person in data.people])
    return {group: (of_person == group)[data.labels] for group in sorted(set(groups.values()))}


def impostors(data: Dataset, groups: Mapping[str, str]) -> Impostors:
    """Scores between different people, and those within each group that has less than half of the photos."""
    minorities = {name: mask for name, mask in members(data, groups).items() if mask.sum() * 2 < len(mask)}
    return Impostors(
        averaged=_averaged(data),
        single=_different(data),
        groups={name: _different(data, mask) for name, mask in minorities.items()},
    )


def _different(data: Dataset, mask: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    chosen = slice(None) if mask is None else mask
    return compare(data.vectors[chosen], [data.people[label] for label in data.labels[chosen]]).impostor


def _averaged(data: Dataset) -> NDArray[np.float32]:
    """Scores between means of up to three photos of one person and of another, for all pairs of people.

    Raises UsageError when no person has two photos.
    """
    templates, probes, probe_of = [], [], []
    people = np.unique(data.labels)
    for row, person in enumerate(people):
        photos = data.vectors[data.labels == person]
        templates.append(unit(photos[:_AVERAGED].sum(axis=0)))
        if len(photos) > 1:
            probes.append(unit(photos[-_AVERAGED:].sum(axis=0)))
            probe_of.append(row)
    if not probes:
        raise UsageError("no person has two photos: several are needed to know what averages are worth")
    different = np.array(probe_of)[:, None] != np.arange(len(people))[None]
    return np.asarray((np.stack(probes) @ np.stack(templates).T)[different], np.float32)
