"""What is presented: genuine clips, synthetic people who answer, and attacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from camera.attacks.species import PRINTS, SCREENS, SPECIES


@dataclass(frozen=True, slots=True)
class Presentation:
    """One film: what kind, its camera URL, and whether it is a clip in which nobody can answer."""

    kind: str
    url: str
    clip: bool = False


def genuine(shared: Path) -> Iterator[Presentation]:
    """Real people before cameras, none of whom hears a question."""
    for folder in ("single-face", "standing-two-metres", "gif"):
        for path in sorted((shared / "videos" / folder).iterdir()):
            yield Presentation(folder, f"file:{path}", clip=True)


def made(shared: Path, each: int, seed: int) -> Iterator[Presentation]:
    """Walk-ups and attacks, so many of each, every one of another person; half of the replays are real clips."""
    random = Random(seed)  # noqa: S311 - a draw to repeat, no secret
    people = sorted(folder for folder in (shared / "faces" / "lfw-dev").iterdir() if folder.is_dir())
    random.shuffle(people)
    photos = (min(folder.glob("*.jpg")) for folder in people)
    clips = sorted((shared / "videos" / "single-face").iterdir())
    for number in range(each):
        walk = f"seconds=14&yaw={4 * (number % 3)}&blink=4&seed={seed + number}"
        yield Presentation("walk-up", f"person:{next(photos)}?{walk}")
        yield Presentation("print_walking", f"person:{next(photos)}?flat=1&{walk}")
        for species in SPECIES:
            photo = clips[number % len(clips)] if species in SCREENS and number % 2 else next(photos)
            seconds = 14 if species in (*PRINTS, *SCREENS) else 6
            yield Presentation(
                species,
                f"attack:{species}?source={photo}&other={next(photos)}&seconds={seconds}&seed={seed + number}",
            )
