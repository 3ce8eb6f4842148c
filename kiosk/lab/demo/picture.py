"""The annotated picture of a visit's decisive frame. It shows the face as a mesh only, not as a photo."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from camera import Frame
from kiosk.recognition.pipeline import FrameAnalysis

_INK, _PAPER, _LINE, _QUIET = "#e8f1f2", "#10222b", "#5bc0be", "#8fa6ae"


def draw_visit(path: Path, frame: Frame, analysis: FrameAnalysis, title: str, facts: Sequence[tuple[str, str]]) -> None:
    """Write a PNG with the mesh of the face in its place in the frame, and `facts` as lines of label and value.

    Raises ValueError when `analysis` has no landmarks.
    """
    from matplotlib.figure import Figure
    from matplotlib.tri import Triangulation

    if analysis.points is None:
        raise ValueError("the decisive frame has no landmarks")
    height, width = frame.image.shape[:2]
    figure = Figure(figsize=(12, 4.8), dpi=100, facecolor=_PAPER)
    left = figure.add_axes((0.02, 0.06, 0.5, 0.88), facecolor="#1b3440")
    x, y = analysis.points[:, 0], analysis.points[:, 1]
    hull = cv2.convexHull(np.ascontiguousarray(analysis.points[:, :2])).reshape(-1, 2)
    left.fill(hull[:, 0], hull[:, 1], color="#24505a")
    left.triplot(Triangulation(x, y), color=_LINE, linewidth=0.5)
    for face in analysis.faces:
        box = face.box
        left.plot(
            *np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1), (box.x0, box.y0)]).T,
            color="#f4d35e",
            linewidth=1.5,
        )
    left.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal")
    left.set_title(f"frame {frame.index}, {frame.at_s:.2f} s", color=_QUIET, fontsize=10, loc="left")
    right = figure.add_axes((0.55, 0.06, 0.43, 0.88))
    right.axis("off")
    right.text(0, 0.97, title, color=_INK, fontsize=17, va="top", weight="bold")
    for number, (label, value) in enumerate(facts):
        right.text(0, 0.78 - 0.085 * number, label, color=_QUIET, fontsize=11)
        right.text(0.27, 0.78 - 0.085 * number, value, color=_INK, fontsize=11, family="monospace")
    figure.savefig(path, format="png", facecolor=_PAPER)
