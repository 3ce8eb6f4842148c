"""The rates of a report with their 95 % bounds, as PNG."""

from pathlib import Path

from kiosk.padtest.report import Report


def draw(path: Path, found: Report, title: str) -> None:
    """A bar for each species' APCER and for the BPCER; the line on it reaches to the bound."""
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
