"""Calibration: how often two different people reach a score (the false match rate), measured for one model."""

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.durable import move_into_place
from models.errors import CalibrationError

LEVELS = tuple(float(level) for level in 10.0 ** -np.arange(1.0, 6.51, 0.25))
"""The false match rates of a table: four in a decade, from 1e-1 to about 3e-7."""

_SHIPPED = Path(__file__).resolve().parent / "calibrations"
_FEWEST_ABOVE = 10
"""A rate counts as measured when at least so many comparisons lie above its score."""

_DECADE = 5
"""Levels in a decade, both ends counted. A table is extrapolated along its last decade."""

_MARGIN_FACTOR = 3.0
_WIDE_MARGIN_FACTOR = 30.0
"""The margin between the nearest and the second nearest person is the distance in score over which the false match rate
falls by this factor. The wide margin is for look-alikes (docs/recognition.md)."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """When the nearest person of a search is accepted.

    The score must be at `threshold` or above, and `margin` above the score of the second nearest person; of look-alikes
    `wide_margin` is asked instead. All three are cosines. `fmr` is the false match rate of one comparison at the
    threshold.
    """

    threshold: float
    margin: float
    wide_margin: float
    fmr: float


class Calibration(BaseModel):
    """The table of one model: false match rates, and the score that gives each.

    A share `fmr[i]` of comparisons between different people reaches `scores[i]`. `measured_to` is the lowest rate that
    the comparisons could show; below it the table is extrapolated along its last decade.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    source: str
    comparisons: Annotated[int, Field(ge=1)]
    measured_to: Annotated[float, Field(gt=0, lt=1)]
    fmr: tuple[float, ...]
    scores: tuple[float, ...]

    @model_validator(mode="after")
    def _falling(self) -> Self:
        if len(self.fmr) != len(self.scores) or len(self.fmr) < _DECADE:
            raise ValueError(f"fmr and scores must be of one length, {_DECADE} or more")
        if not all(1 > a > b > 0 for a, b in itertools.pairwise(self.fmr)):
            raise ValueError("fmr must fall, between 1 and 0")
        if not all(a < b < math.inf for a, b in itertools.pairwise(self.scores)):
            raise ValueError("scores must rise")
        return self

    def threshold(self, fmr: float) -> float:
        """The score that a share `fmr` of comparisons between different people reaches, interpolated in log fmr."""
        x, xs = -np.log(fmr), -np.log(self.fmr)
        if x > xs[-1]:
            slope = (self.scores[-1] - self.scores[-_DECADE]) / (xs[-1] - xs[-_DECADE])
            return float(self.scores[-1] + slope * (x - xs[-1]))
        return float(np.interp(x, xs, self.scores))

    def acceptance(self, fpir: float, people: int) -> Acceptance:
        """What keeps the false positive identification rate (FPIR) of a stranger's visit at `fpir` among `people`."""
        fmr = comparison_fmr(fpir, people)
        threshold = self.threshold(fmr)
        return Acceptance(
            threshold=min(threshold, 1.0),
            margin=self.threshold(fmr / _MARGIN_FACTOR) - threshold,
            wide_margin=self.threshold(fmr / _WIDE_MARGIN_FACTOR) - threshold,
            fmr=fmr,
        )

    def write(self, path: Path) -> None:
        """Write the table as JSON, whole or not at all. Raises CalibrationError when it cannot be written there."""
        fresh = path.with_name(path.name + ".new")
        try:
            fresh.write_text(json.dumps(self.model_dump(), indent=1) + "\n", encoding="utf-8")
            move_into_place(fresh, path)
        except OSError as error:
            raise CalibrationError(f"the calibration cannot be written to {path}: {error.strerror}") from error


def comparison_fmr(fpir: float, people: int) -> float:
    """The false match rate of one comparison that gives `fpir` over `people` of them: 1 - (1 - fpir)^(1 / people)."""
    return float(-np.expm1(np.log1p(-fpir) / max(people, 1)))


def calibration_for(model: str, own: Path | None = None) -> Calibration:
    """The table of a model: the device's own when that belongs to it, else the shipped one.

    Raises CalibrationError when no table belongs to exactly this model, or a table cannot be read.
    """
    owned = [own] if own is not None and own.exists() else []
    for path in owned + sorted(_SHIPPED.glob("*.json")):
        if (table := read(path)).model == model:
            return table
    raise CalibrationError(f"no calibration belongs to the model {model}: measure one with kiosk calibrate DIR")


def read(path: Path) -> Calibration:
    """Read a table from its file. Raises CalibrationError that names the file."""
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CalibrationError(f"the calibration {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise CalibrationError(
            f"the calibration {path} is damaged: {first['msg']}; put it right or delete it"
        ) from error


@dataclass(frozen=True, slots=True)
class Impostors:
    """Scores of comparisons between different people.

    `averaged` compares means of several photos, as a visit is compared with a template. `single` compares single
    photos. `groups` holds the single comparisons within each group of people, by the name of the group.
    """

    averaged: NDArray[np.float32]
    single: NDArray[np.float32]
    groups: Mapping[str, NDArray[np.float32]]


def measure(model: str, source: str, impostors: Impostors) -> Calibration:
    """A table whose false match rates hold for strangers of every group.

    Each score is set by the group whose people look most alike to the model. For each group and rate, the distance of
    its score from 1 is divided by that of everybody, over single photos; the smallest ratio scales the distance of the
    averaged scores. The ratio hardly changes from rate to rate, so a group too small to show a low rate keeps that of
    the lowest rate it can show.

    Raises CalibrationError when there are too few comparisons.
    """
    distance = np.ones(len(LEVELS))
    for within in impostors.groups.values():
        shown = [level for level in LEVELS if level * len(within) >= _FEWEST_ABOVE]
        if not shown:
            continue
        share = (1 - _quantiles(within, shown)) / (1 - _quantiles(impostors.single, shown))
        distance = np.minimum(distance, np.pad(share, (0, len(LEVELS) - len(shown)), mode="edge"))
    scores = np.maximum.accumulate(1 - (1 - _quantiles(impostors.averaged, LEVELS)) * distance)
    count = len(impostors.averaged)
    return Calibration(
        model=model,
        source=source,
        comparisons=count,
        measured_to=max(_FEWEST_ABOVE / count, LEVELS[-1]),
        fmr=LEVELS,
        scores=tuple(round(float(score), 6) for score in scores + np.arange(len(scores)) * 1e-6),
    )


def _quantiles(scores: NDArray[np.float32], levels: Sequence[float]) -> NDArray[np.float64]:
    """The score reached at each level, extrapolated along the last decade where there are too few scores."""
    ordered = np.sort(scores)[::-1]
    shown = [level for level in levels if level * len(ordered) >= _FEWEST_ABOVE]
    measured = np.array([ordered[int(level * len(ordered))] for level in shown], np.float64)
    x = -np.log(levels)
    if len(shown) == len(levels):
        return measured
    if len(shown) < _DECADE:
        raise CalibrationError(f"{len(ordered)} comparisons are too few to calibrate on; use more people")
    slope = (measured[-1] - measured[-_DECADE]) / (x[len(shown) - 1] - x[len(shown) - _DECADE])
    beyond = measured[-1] + slope * (x[len(shown) :] - x[len(shown) - 1])
    return np.concatenate([measured, beyond])
