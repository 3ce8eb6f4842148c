"""The report of a pad test in the terms of ISO/IEC 30107-3, as a document, a table and a plot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log
from pathlib import Path
from statistics import median
from typing import Any

from kiosk.lab.padtest.trial import PresentationResult
from models.evaluation import exact_upper_bound

Document = dict[str, Any]
"""JSON that is only written, never read by the program."""

WANTED = 0.01
"""The APCER for which the report names the sample size that would show it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The number of errors among `n` presentations."""

    n: int
    errors: int

    @property
    def share(self) -> float | None:
        """The share of errors. None when nothing was presented."""
        return self.errors / self.n if self.n else None

    @property
    def upper95(self) -> float:
        """The one-sided 95 % upper bound of the true rate."""
        return exact_upper_bound(self.errors, self.n) if self.n else 1.0


@dataclass(frozen=True, slots=True)
class PadReport:
    """APCER by species, BPCER, and the median seconds to the decision of accepted bona fide presentations."""

    species: dict[str, Rate]
    bona_fide: Rate
    median_s: float | None

    @property
    def worst(self) -> str | None:
        """The species with the highest APCER, of equals the one with the highest bound. It alone counts."""
        return max(self.species, key=lambda name: (self.species[name].share, self.species[name].upper95), default=None)


def report(trials: Sequence[PresentationResult]) -> PadReport:
    """Count the errors of all presentations."""
    by_species: dict[str, list[PresentationResult]] = {}
    genuine = [trial for trial in trials if trial.presentation.species is None]
    for trial in trials:
        if trial.presentation.species is not None:
            by_species.setdefault(trial.presentation.species, []).append(trial)
    times_s = [trial.decided_s for trial in genuine if trial.accepted]
    return PadReport(
        {name: Rate(len(of), sum(trial.accepted for trial in of)) for name, of in by_species.items()},
        Rate(len(genuine), sum(not trial.accepted for trial in genuine)),
        median(times_s) if times_s else None,
    )


def document(found: PadReport) -> Document:
    """The report as JSON, for programs."""
    genuine = found.bona_fide
    return {
        "species": {
            name: {"n": rate.n, "accepted": rate.errors, "apcer": _round(rate.share), "upper95": _round(rate.upper95)}
            for name, rate in found.species.items()
        },
        "bona_fide": {"n": genuine.n, "refused": genuine.errors, "bpcer": _round(genuine.share)},
        "median_s": _round(found.median_s),
    }


def lines(found: PadReport) -> Iterator[str]:
    """The report as text, for people: a table, and what the sample can prove."""
    yield f"{'':16}{'n':>6}{'errors':>8}{'rate':>9}{'95 % below':>12}"
    for name, rate in found.species.items():
        yield _row(name, rate, "APCER, the worst" if name == found.worst else "APCER")
    yield _row("bona fide", found.bona_fide, "BPCER")
    if found.median_s is not None:
        yield f"people are recognised {found.median_s:.2f} s after the first good frame (median)"
    yield from _proves(found)


def _row(name: str, rate: Rate, what: str) -> str:
    share = "" if rate.share is None else f"{rate.share:.2%}"
    return f"{name:16}{rate.n:6}{rate.errors:8}{share:>9}{rate.upper95:>12.2%}  {what}"


def _proves(found: PadReport) -> Iterator[str]:
    if found.worst is not None:
        rate = found.species[found.worst]
        below = (
            f"By this sample APCER is below {rate.upper95:.1%} (95 %)" if rate.upper95 < 1 else "APCER is not bounded"
        )
        yield (
            f"{below}: {rate.errors} of {rate.n} {found.worst} presentations got through, and the worst species "
            "counts. Species that were not presented are not judged."
        )
        enough = ceil(log(0.05) / log(1 - WANTED))
        if min(rate.n for rate in found.species.values()) < enough:
            yield f"To show an APCER below {WANTED:.0%} takes {enough} presentations of a species without one success."
    if found.bona_fide.n:
        yield (
            f"BPCER is below {found.bona_fide.upper95:.1%} (95 %). A person whom recognition does not find is "
            "counted as refused too. Many presentations of one person or print prove less than of as many."
        )
    yield "Generated attacks stand for what their generator draws; this is a measurement, not a certificate."


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def draw_rates(path: Path, found: PadReport, title: str) -> None:
    """Write a PNG with a bar for each species' APCER and for the BPCER. The line on a bar ends at the upper bound."""
    from matplotlib.figure import Figure

    rows = {**{f"{name} (APCER)": rate for name, rate in found.species.items()}, "bona fide (BPCER)": found.bona_fide}
    shares = [100 * (rate.share or 0) for rate in rows.values()]
    above = [100 * rate.upper95 - share for rate, share in zip(rows.values(), shares, strict=True)]
    figure = Figure(figsize=(8, 1.4 + 0.4 * len(rows)), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    labels = [f"{name}, n = {rate.n}" for name, rate in rows.items()]
    colours = ["tab:red"] * len(found.species) + ["tab:blue"]
    axes.barh(labels, shares, xerr=([0] * len(rows), above), color=colours, capsize=4, ecolor="black")
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("error rate, with its 95 % upper bound (%)")
    axes.set_title(title)
    axes.grid(visible=True, axis="x", alpha=0.3)
    figure.savefig(path, format="png")
