"""The attacks by name, each drawn from its seed: what `attack:SPECIES?source=...` opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from camera.attacks import edited
from camera.attacks.clip import FILM, SELFIE, clip_of
from camera.attacks.hand import Hold
from camera.attacks.held import HeldCamera, Thing
from camera.attacks.paper import Mask, Paper
from camera.attacks.screen import Device, Light, Screen
from camera.errors import CameraUrlError
from camera.files import IMAGE_SUFFIXES, FileCamera, read_photo
from camera.frame import Camera, Image, MeshOf
from camera.person.camera import Scene
from camera.person.portrait import Floats
from camera.person.sheet import FLAT, Bend
from camera.url import Options

PRINTS = ("print", "print_bent", "print_waved", "print_eyeholes")
SCREENS: tuple[Device, ...] = ("phone", "tablet")
EDITED = ("static", "cut", "loop")
SPECIES = (*PRINTS, *SCREENS, *EDITED)


def attack(species: str, options: Options, mesh_of: MeshOf) -> Camera:
    """The camera of one attack. Raises `CameraUrlError` for an unknown species or option, `SourceUnreadable`."""
    if species not in SPECIES:
        raise CameraUrlError(f"attack: there is no species {species!r}; there are {', '.join(SPECIES)}")
    sources = _Sources(options, mesh_of)
    return _edited(species, sources, options) if species in EDITED else _held(species, sources, options)


class _Sources:
    """The attacked person's photo or video, perhaps another person's, and the seed that everything is drawn from."""

    def __init__(self, options: Options, mesh_of: MeshOf) -> None:
        source, other = options.text("source"), options.text("other")
        if source is None:
            raise CameraUrlError("attack: needs source=FILE, a photo or video of the attacked person")
        self.source = Path(source)
        self.other = None if other is None else Path(other)
        self.mesh_of = mesh_of
        self.seed = options.whole("seed", 0, 0, 2**31)
        self.random = np.random.default_rng((self.seed, 0))
        self.seconds = options.number("seconds", 6.0, 1.5, 3600)

    def photo(self) -> tuple[Image, Floats]:
        """The source's photo, or the first frame of its video, and its mesh."""
        image = _first_picture(self.source)
        return image, self.mesh_of(image)

    def attacker(self) -> tuple[Image, Floats]:
        """Who holds a print before the face: the other person, or for want of one the source's mirror image."""
        image = np.ascontiguousarray(_first_picture(self.source)[:, ::-1])
        if self.other is not None:
            image = _first_picture(self.other)
        return image, self.mesh_of(image)


def _first_picture(path: Path) -> Image:
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return read_photo(path)
    with FileCamera(path, loop=True) as video:
        return next(iter(video.read, None)).image


def _held(species: str, sources: _Sources, options: Options) -> Camera:
    size = options.size("size", (640, 480))
    face_px, turn_deg, shake, exposure_ev = sources.random.uniform((0.19, 0, 0.5, -0.4), (0.27, 25, 1.5, 0.4))
    bend, waves_hz = _bent(species, sources.random)
    hold = Hold(
        seconds=sources.seconds,
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
    options.finish()
    return HeldCamera(_thing(species, sources, hold.face_px), hold, scene)


def _bent(species: str, random: np.random.Generator) -> tuple[Bend, float]:
    """How a print is bent, mostly towards the camera as a face is, and how often a second it is waved."""
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


def _thing(species: str, sources: _Sources, face_px: float) -> Thing:
    if species == "print_eyeholes":
        return Mask(sources.photo(), sources.attacker(), face_px, sources.seed)
    if species in PRINTS:
        return Paper(*sources.photo(), face_px, sources.seed)
    device: Device = "phone" if species == "phone" else "tablet"
    clip = clip_of(sources.source, sources.mesh_of, 1.3 * face_px, SELFIE, sources.seed)
    return Screen(clip, sources.mesh_of, device, Light.of(sources.seed), face_px=face_px, seed=sources.seed)


def _edited(species: str, sources: _Sources, options: Options) -> Camera:
    random, seconds = sources.random, sources.seconds
    face_px = options.number("face", 150, 20, FILM[0])
    at_s, skip_s, every_s = random.uniform((1.0, 0.8, 0.6), (2.5, 1.6, 1.5))
    clip = clip_of(sources.source, sources.mesh_of, face_px, FILM, sources.seed)
    if species == "static":
        options.finish()
        return edited.still(clip, seconds)
    if species == "loop":
        every_s = options.number("every", every_s, 0.1, 60)
        options.finish()
        return edited.loop(clip, seconds, every_s)
    at_s = options.number("cut", at_s, 0.1, 3600)
    options.finish()
    other = sources.other
    before = clip if other is None else clip_of(other, sources.mesh_of, face_px, FILM, sources.seed + 1)
    return edited.cut(before, clip, seconds, at_s, skip_s)
