"""Chooses the driver by the camera's URL."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from camera.about import unknown
from camera.errors import CameraUrlError, SourceUnreadable
from camera.files import FileCamera, Paced, read_photo
from camera.frame import Camera, MeshOf
from camera.live import open_rtsp, open_v4l2, picamera_opener, rtsp_name
from camera.reopen import Reopening
from camera.synthetic.attacks.species import attack
from camera.synthetic.lobby import CameraQueue, Lobby
from camera.synthetic.person.camera import PersonCamera, Scene
from camera.synthetic.person.script import Walk
from camera.url import UrlOptions, split_url

Clock = Callable[[], float]
FILMED = ("file:", "person:", "attack:")


def open_camera(url: str, *, mesh_of: MeshOf | None = None, clock: Clock = time.monotonic) -> Camera:
    """The camera a URL names.

    - `v4l2:/dev/v4l/by-id/...?width=640&height=480&fps=30`: a USB camera.
    - `rtsp://...`, `rtsps://...`: a network camera; the whole URL is the stream's.
    - `picamera:0?width=640&height=480&fps=30`: a Raspberry Pi camera.
    - `file:walk.mp4?loop=1&realtime=1`: a video, GIF, image, or folder of images; `fps` for images.
    - `person:face.jpg?yaw=25&blink=1`: a synthetic person who walks up; needs `mesh_of`, whose error for a photo
      without a face passes through. `yaw`, `pitch`, `roll`: peaks of a turn to both sides, degrees; `blink`: how
      often; `flat=1`: a print of the photo instead; `seconds`, `fps`, `size=640x480`; `face`: its width at the stop,
      px; `noise`, grey levels; `exposure`, stops; `background=wall|photo` (a wall in the photo's border colour);
      `seed`; `loop=1`; `realtime=1`.
    - `attack:phone?source=face.jpg&seed=3`: an attack on recognition (docs/cameras.md has the species and options);
      needs `mesh_of` too.
    - `queue:people.txt`: `file:`, `person:` and `attack:` one after another, a URL a line; `#` begins a comment.
    - `lobby:people.txt`: an empty wall, until a line is written to the file: a URL of those three, `nobody`, or what
      who is there is asked to do, such as `turn_left`.

    Live cameras are opened by the first `read`, and again whenever they are lost. Raises `CameraUrlError` for a wrong
    URL, `SourceUnreadable` for a file that is not there or not an image, `DriverMissing` without picamera2.
    """
    if url.startswith(("rtsp:", "rtsps:")):
        return Reopening(rtsp_name(url), partial(open_rtsp, url), clock=clock)
    scheme, path, options = split_url(url)
    match scheme:
        case "v4l2":
            width, height, fps = _live_options(options)
            return Reopening(url, partial(open_v4l2, Path(path), width, height, fps), clock=clock)
        case "picamera":
            return _picamera(path, options, clock)
        case "file":
            return _file(path, options, clock)
        case "person" | "attack":
            return _drawn(path, options, mesh_of, clock)
        case "queue" | "lobby":
            options.finish()
            return (_queue if scheme == "queue" else _lobby)(Path(path), mesh_of, clock)
    raise unknown(scheme)


def _live_options(options: UrlOptions) -> tuple[int, int, int]:
    width, height = options.whole("width", 640, 64, 4096), options.whole("height", 480, 64, 4096)
    fps = options.whole("fps", 30, 1, 240)
    options.finish()
    return width, height, fps


def _picamera(path: str, options: UrlOptions, clock: Clock) -> Camera:
    width, height, fps = _live_options(options)
    if not path.isdecimal():
        raise CameraUrlError(f"picamera: {path!r} is not the number of a camera, such as picamera:0")
    return Reopening(f"picamera:{path}", picamera_opener(int(path), (width, height), fps), clock=clock)


def _file(path: str, options: UrlOptions, clock: Clock) -> Camera:
    loop, realtime = options.flag("loop"), options.flag("realtime")
    fps = options.number("fps", 30, 0.1, 240)
    options.finish()
    camera = FileCamera(Path(path), loop=loop, fps=fps)
    return Paced(camera, clock) if realtime else camera


def _drawn(path: str, options: UrlOptions, mesh_of: MeshOf | None, clock: Clock) -> Camera:
    realtime = options.flag("realtime")
    film = attack(path, options) if options.scheme == "attack" else _person(path, options)
    options.finish()
    if mesh_of is None:
        raise CameraUrlError(f"{options.scheme}: needs a face mesh finder, which was not given to open_camera")
    camera = film(mesh_of)
    return Paced(camera, clock) if realtime else camera


def _person(path: str, options: UrlOptions) -> Callable[[MeshOf], Camera]:
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
        exposure_ev=options.number("exposure", 0, -6, 6),
        background="photo" if options.choice("background", "wall", ("wall", "photo")) == "photo" else "wall",
        flat=options.flag("flat"),
        loop=options.flag("loop"),
        seed=seed,
    )

    def film(mesh_of: MeshOf) -> Camera:
        photo = read_photo(Path(path))
        return PersonCamera(photo, mesh_of(photo), walk, scene)

    return film


def _lobby(path: Path, mesh_of: MeshOf | None, clock: Clock) -> Camera:
    return Lobby(path, lambda line: _film(line, mesh_of), clock)


def _film(url: str, mesh_of: MeshOf | None) -> Camera:
    """What is filmed in a lobby, at the pace that it gives."""
    camera = open_camera(url, mesh_of=mesh_of) if url.startswith(FILMED) else None
    if camera is None or camera.realtime:
        raise CameraUrlError(f"lobby: {url!r} is no file:, person: or attack: URL without realtime=1")
    return camera


def _queue(path: Path, mesh_of: MeshOf | None, clock: Clock) -> Camera:
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
