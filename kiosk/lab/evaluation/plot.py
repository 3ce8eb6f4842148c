"""The detection error trade-off (DET) of an evaluation, as PNG."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.evaluation import Comparisons

_FINEST = 1e-6
"""Lowest false match rate of the plot."""


def draw_det(path: Path, curves: Mapping[str, Comparisons], model: str) -> None:
    """Plot FNMR over FMR, both logarithmic, one curve for each name, as PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 6), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    for name, comparisons in curves.items():
        rates = np.geomspace(max(_FINEST, 1 / len(comparisons.impostor)), 0.1, 80)
        missed = [max(comparisons.fnmr_at(rate), 0.5 / len(comparisons.genuine)) for rate in rates]
        axes.loglog(rates, missed, label=f"{name} ({len(comparisons.genuine)} / {len(comparisons.impostor)} pairs)")
    axes.set_xlabel("false match rate (FMR)")
    axes.set_ylabel("false non-match rate (FNMR)")
    axes.set_title(model.partition("@")[0])
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, format="png")
