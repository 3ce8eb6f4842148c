"""The species of attacks, opened by `attack:SPECIES?source=...`. Each attack is drawn from its seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camera.errors import CameraUrlError
from camera.files import IMAGE_SUFFIXES, FileCamera, read_photo
from camera.frame import Camera, Image, MeshOf
from camera.synthetic.attacks import clips
from camera.synthetic.attacks.clips import FILM, SELFIE, clip_of
from camera.synthetic.attacks.held import HeldCamera, Hold, Thing
from camera.synthetic.attacks.paper import Mask, Paper
from camera.synthetic.attacks.screen import Device, Display, Light
from camera.synthetic.person.camera import Scene
from camera.synthetic.person.portrait import Floats
from camera.synthetic.person.sheet import FLAT, Bend
from camera.url import UrlOptions

PRINTS = ("print", "print_bent", "print_waved", "print_eyeholes")
SCREENS: tuple[Device, ...] = ("phone", "tablet")
EDITED = ("static", "cut", "loop")
SPECIES = (*PRINTS, *SCREENS, *EDITED)


@dataclass(frozen=True, slots=True)
class Sources:
    """The attacked person's photo or video, another person's where one is given, and the seed."""

    source: Path
    other: Path | None
    seed: int

    def photo(self, mesh_of: MeshOf) -> tuple[Image, Floats]:
        """The source's photo, or the first frame of its video, and its mesh."""
        image = _first_picture(self.source)
        return image, mesh_of(image)

    def attacker(self, mesh_of: MeshOf) -> tuple[Image, Floats]:
        """Photo and mesh of who holds a print before the face: the other person, else the attacked one."""
        image = _first_picture(self.other or self.source)
        return image, mesh_of(image)


def attack(species: str, options: UrlOptions) -> Callable[[MeshOf], Camera]:
    """A function that opens the camera of one attack and raises `SourceUnreadable`.

    Raises `CameraUrlError` for an unknown species or a wrong option.
    """
    if species not in SPECIES:
        raise CameraUrlError(f"attack: there is no species {species!r}; there are {', '.join(SPECIES)}")
    source, other = options.text("source"), options.text("other")
    if source is None:
        raise CameraUrlError("attack: needs source=FILE, a photo or video of the attacked person")
    sources = Sources(Path(source), None if other is None else Path(other), options.whole("seed", 0, 0, 2**31))
    seconds = options.number("seconds", 6.0, 1.5, 3600)
    return (_edited if species in EDITED else _held)(species, sources, seconds, options)


def _first_picture(path: Path) -> Image:
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return read_photo(path)
    with FileCamera(path, loop=True) as video:
        return next(iter(video.read, None)).image


def _held(species: str, sources: Sources, seconds: float, options: UrlOptions) -> Callable[[MeshOf], Camera]:
    size = options.size("size", (640, 480))
    random = np.random.default_rng((sources.seed, 0))
    face_px, turn_deg, shake, exposure_ev = random.uniform((0.19, 0, 0.5, -0.4), (0.27, 25, 1.5, 0.4))
    bend, waves_hz = _bent(species, random)
    hold = Hold(
        seconds=seconds,
        height=size[1],
        face_px=options.number("face", face_px * size[0], 20, size[0]),
        turn_deg=options.number("turn", turn_deg, 0, 60),
        shake=options.number("shake", shake, 0, 5),
        bend=bend,
        waves_hz=waves_hz,
        seed=sources.seed,
    )
    scene = Scene(
        size=size,
        fps=options.number("fps", 30, 1, 240),
        noise=options.number("noise", 2.5, 0, 50),
        exposure_ev=options.number("exposure", exposure_ev, -6, 6),
        seed=sources.seed,
    )
    return lambda mesh_of: HeldCamera(_thing(species, sources, hold.face_px, mesh_of), hold, scene)


def _bent(species: str, random: np.random.Generator) -> tuple[Bend, float]:
    """How a print is bent, mostly towards the camera, and how often a second it is waved."""
    across_deg = float(random.choice((0, 90)) + random.uniform(-10, 10))
    curvature = random.uniform(0.3, 0.75) * random.choice((1, 1, 1, -1))
    waves_hz = random.uniform(0.6, 1.3)
    match species:
        case "print_bent":
            return Bend(curvature, across_deg), 0.0
        case "print_waved":
            return Bend(curvature, across_deg), waves_hz
        case "print_eyeholes" if random.random() < 0.5:
            return Bend(0.7 * curvature, across_deg), 0.0
    return FLAT, 0.0


def _thing(species: str, sources: Sources, face_px: float, mesh_of: MeshOf) -> Thing:
    seed = sources.seed
    if species == "print_eyeholes":
        return Mask(sources.photo(mesh_of), sources.attacker(mesh_of), face_px, seed)
    if species in PRINTS:
        return Paper(*sources.photo(mesh_of), face_px, seed)
    clip = clip_of(sources.source, mesh_of, face_px, SELFIE, seed)
    device: Device = "phone" if species == "phone" else "tablet"
    return Display(clip, mesh_of, device, Light.of(seed), face_px=face_px, seed=seed)


def _edited(species: str, sources: Sources, seconds: float, options: UrlOptions) -> Callable[[MeshOf], Camera]:
    random = np.random.default_rng((sources.seed, 0))
    face_px = options.number("face", random.uniform(110, 170), 20, FILM[0])
    skip_s, at_s, every_s = random.uniform((0.8, 1.0, 0.6), (1.6, 2.5, 1.5))
    match species:
        case "cut":
            at_s = options.number("at", at_s, 0.1, 3600)
        case "loop":
            every_s = options.number("every", every_s, 0.1, 60)

    def film(mesh_of: MeshOf) -> Camera:
        clip = clip_of(sources.source, mesh_of, face_px, FILM, sources.seed)
        if species == "static":
            return clips.still(clip, seconds)
        if species == "loop":
            return clips.loop(clip, seconds, every_s)
        other = sources.other
        before = clip if other is None else clip_of(other, mesh_of, face_px, FILM, sources.seed + 1)
        return clips.cut(before, clip, seconds, at_s, skip_s)

    return film
