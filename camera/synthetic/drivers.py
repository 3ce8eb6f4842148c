"""Opens the synthetic cameras: `person:`, `attack:`, and several of them by `queue:` and `lobby:`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from camera.drivers import open_camera
from camera.errors import CameraUrlError, SourceUnreadable
from camera.files import Paced, read_photo
from camera.frame import Camera, MeshOf
from camera.synthetic.attacks.species import attack
from camera.synthetic.lobby import CameraQueue, Lobby
from camera.synthetic.person.camera import PersonCamera, Scene
from camera.synthetic.person.script import Walk
from camera.url import UrlOptions

FILMED = ("file:", "person:", "attack:")


def open_synthetic(
    path: str, options: UrlOptions, mesh_of: MeshOf | None, clock: Callable[[], float], *, follow_face: bool = False
) -> Camera:
    """The synthetic camera that `camera.open_camera` is asked for. `options.scheme` is one of the four above.

    Raises `CameraUrlError` for a wrong option or a wrong line, `SourceUnreadable` for a file that cannot be read.
    """
    if options.scheme in {"person", "attack"}:
        return _drawn(path, options, mesh_of, clock, follow_face=follow_face)
    options.finish()
    return (_queue if options.scheme == "queue" else _lobby)(Path(path), mesh_of, clock)


def _drawn(
    path: str, options: UrlOptions, mesh_of: MeshOf | None, clock: Callable[[], float], *, follow_face: bool
) -> Camera:
    realtime = options.flag("realtime")
    film = attack(path, options) if options.scheme == "attack" else _person(path, options, follow_face)
    options.finish()
    if mesh_of is None:
        raise CameraUrlError(f"{options.scheme}: needs a face mesh finder, which was not given to open_camera")
    camera = film(mesh_of)
    return Paced(camera, clock) if realtime else camera


def _person(path: str, options: UrlOptions, follow_face: bool) -> Callable[[MeshOf], Camera]:
    seed = options.whole("seed", 0, 0, 2**31)
    size = options.size("size", (640, 480))
    walk = Walk(
        seconds=options.number("seconds", 5.5, 2.6, 3600),
        width=size[0],
        face_px=options.number("face", 0.24 * size[0], 20, size[0]),
        yaw_deg=options.number("yaw", 0, -60, 60),
        pitch_deg=options.number("pitch", 0, -40, 40),
        roll_deg=options.number("roll", 0, -45, 45),
        blinks=options.whole("blink", 1, 0, 1000),
        seed=seed,
    )
    scene = Scene(
        size=size,
        fps=options.number("fps", 30, 1, 240),
        noise=options.number("noise", 2.5, 0, 50),
        exposure_ev=options.number("exposure", 0, -8, 6),
        background="photo" if options.choice("background", "wall", ("wall", "photo")) == "photo" else "wall",
        flat=options.flag("flat"),
        loop=options.flag("loop"),
        window_stops=options.number("window", 0, 0, 10),
        follow_face=follow_face,
        seed=seed,
    )

    def film(mesh_of: MeshOf) -> Camera:
        photo = read_photo(Path(path))
        return PersonCamera(photo, mesh_of(photo), walk, scene)

    return film


def _lobby(path: Path, mesh_of: MeshOf | None, clock: Callable[[], float]) -> Camera:
    return Lobby(path, lambda line: _film(line, mesh_of), clock)


def _film(url: str, mesh_of: MeshOf | None) -> Camera:
    """What is filmed in a lobby, at the pace that it gives."""
    camera = open_camera(url, mesh_of=mesh_of) if url.startswith(FILMED) else None
    if camera is None or camera.realtime:
        raise CameraUrlError(f"lobby: {url!r} is no file:, person: or attack: URL without realtime=1")
    return camera


def _queue(path: Path, mesh_of: MeshOf | None, clock: Callable[[], float]) -> Camera:
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnreadable(f"{path}: is not a text file with a camera URL a line: {error}") from error
    urls = [line for line in lines if line and not line.startswith("#")]
    if not urls or not all(url.startswith(FILMED) for url in urls):
        raise CameraUrlError(f"queue: {path} must hold file:, person: or attack: URLs, one a line")
    cameras = [open_camera(url, mesh_of=mesh_of, clock=clock) for url in urls]
    if len({camera.realtime for camera in cameras}) > 1:
        raise CameraUrlError(f"queue: all URLs of {path} must have realtime=1, or none")
    return CameraQueue(cameras)
