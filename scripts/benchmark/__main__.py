"""`scripts/bench`: measures the benchmark's figures and prints them as a table, or with `--json` as JSON."""

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from kiosk import console
from kiosk import settings as settings_file
from scripts.benchmark import screen, stages, whole

_SECONDS = 20.0
"""Length of each run of the daemon and of the screen."""

_TARGETS = {
    "peer_ratio": "at least 7: times the face_recognition way takes longer than ours with the same network",
    "peer_ratio_default": "than ours with all members of the default embedder",
    "overhead": "at most 0.15: what the path adds to the bare model calls",
    "passive_share": "at most 0.10: what the passive checks of liveness add to a frame, spread over their window",
    "decision_frames": "at most 8: from the first good frame to the decision",
    "idle_cpu": "at most 0.06: of one core, nobody there, 10 frames/s",
    "active_cpu": "at most 0.45: of one core, people coming and going, 30 frames/s",
    "preview_ms": "at most 120: from the camera's instant to the page, median, people coming and going",
    "preview_p95_ms": "the same, 95th percentile",
    "state_ms": "at most 50: from a change of what is shown to the page, median",
    "screen_cpu": "at most 0.25: of one core, page and preview at 15 frames/s",
    "rss_mb": "at most 300",
    "ready_s": "at most 4",
}


def main() -> None:
    """Measure all figures once and print them."""
    with console.quiet(), tempfile.TemporaryDirectory(prefix="kiosk-bench-") as name:
        settings = settings_file.laptop_settings(Path(name))
        image = stages.standing_frame(settings)
        timings = stages.stages(settings, image)
        idle, busy = whole.idle(Path(name), _SECONDS), whole.busy(Path(name), _SECONDS)
        shown = screen.shown(settings, whole.film(Path(name)), _SECONDS)
        same, whole_embedder = stages.peer_ratios(settings, image)
        figures = {
            "peer_ratio": round(same, 1),
            "peer_ratio_default": round(whole_embedder, 1),
            "overhead": round(stages.overhead(settings, image), 3),
            "passive_share": round(stages.passive_share(settings, image), 3),
            "decision_frames": stages.decision_frames(settings),
            "idle_cpu": idle.cpu,
            "active_cpu": busy.cpu,
            "preview_ms": shown.picture.p50_ms,
            "preview_p95_ms": shown.picture.p95_ms,
            "state_ms": shown.state.p50_ms,
            "screen_cpu": shown.cpu,
            "rss_mb": max(idle.rss_mb, busy.rss_mb),
            "ready_s": max(idle.ready_s, busy.ready_s),
        }
    if "--json" in sys.argv:
        print(json.dumps({"stages": {name: asdict(timing) for name, timing in timings.items()}, **figures}))
        return
    print(f"{'stage':16}{'median ms':>12}{'p95 ms':>12}")
    for name, timing in timings.items():
        print(f"{name:16}{timing.p50_ms:12.3f}{timing.p95_ms:12.3f}")
    for name, value in figures.items():
        print(f"{name:16}{value:12}   {_TARGETS[name]}")


main()
