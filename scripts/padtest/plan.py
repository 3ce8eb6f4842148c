"""What is presented: how many of what, of whom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

from camera.attacks.species import EDITED, PRINTS, SCREENS
from kiosk.lab.padtest.enrolment import files_in
from kiosk.lab.padtest.trial import Presentation, Source, attacks, walk_ups

WALK_UPS = 100
EACH: dict[str, int] = {**dict.fromkeys(PRINTS, 50), **dict.fromkeys(SCREENS, 100), **dict.fromkeys(EDITED, 40)}
"""200 prints in four kinds, 200 replays on two devices, 40 each of what is fed in place of the camera."""

PHOTOS = 48
KINDS: dict[str, tuple[str, ...]] = {"prints": PRINTS, "replays": SCREENS, **{name: (name,) for name in EDITED}}
"""What counts together."""


def people_in(shared: Path, seed: int) -> dict[str, list[Path]]:
    """Everybody in the clips, then people of the photos in an order drawn by the seed, so many as are attacked."""
    clips = {f"clip {name}": files for name, files in files_in(shared / "videos" / "single-face").items()}
    photos = files_in(shared / "faces" / "lfw-dev")
    names = sorted(photos)
    Random(seed).shuffle(names)  # noqa: S311 - a draw to repeat, no secret
    return clips | {name: photos[name] for name in names}


def plan(sources: Mapping[str, Source], part: float, seed: int) -> list[Presentation]:
    """The presentations, or a part of them; each species attacks everybody by turns."""
    found = list(walk_ups(sources, round(part * WALK_UPS), seed))
    for species, count in EACH.items():
        found.extend(attacks(sources, round(part * count), seed, species))
    Random(seed).shuffle(found)  # noqa: S311 - both processes have as much to do
    return found
