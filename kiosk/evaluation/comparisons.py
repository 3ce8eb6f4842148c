"""Comparisons between the photos of a data set."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kiosk.errors import UsageError
from kiosk.evaluation.dataset import Dataset
from models.calibration import Impostors
from models.evaluation import compare
from models.gallery import unit

_AVERAGED = 3


def read_groups(path: Path) -> dict[str, str]:
    """Identity to group, from a CSV with these two columns. UsageError names the file."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["identity"]: row["group"] for row in csv.DictReader(file)}
    except (OSError, KeyError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not a CSV with the columns identity and group: {error}") from error


def members(data: Dataset, groups: Mapping[str, str]) -> dict[str, NDArray[np.bool_]]:
    """For every group, which photos show its people."""
    of_person = np.array([groups.get(person, "") for person in data.people])
    return {group: (of_person == group)[data.labels] for group in sorted(set(groups.values()))}


def impostors(data: Dataset, groups: Mapping[str, str]) -> Impostors:
    """Scores between different people, with the groups that are not the bulk of the data."""
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
    """Means of up to three photos of one person against means of up to three others, for each two people."""
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
