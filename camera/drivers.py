"""Chooses the driver by the camera's URL."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from camera.about import unknown
from camera.errors import CameraUrlError, DriverMissing
from camera.exposure import States
from camera.files import FileCamera, Paced
from camera.frame import Camera, MeshOf
from camera.live import open_rtsp, open_v4l2, picamera_opener, rtsp_name
from camera.reopen import Reopening
from camera.url import UrlOptions, split_url
from camera.v4l2 import V4l2Controls

Clock = Callable[[], float]


def open_camera(
    url: str, *, mesh_of: MeshOf | None = None, follow_face: bool = False, clock: Clock = time.monotonic
) -> Camera:
    """The camera a URL names.

    - `v4l2:/dev/v4l/by-id/...?width=640&height=480&fps=30`: a USB camera.
    - `rtsp://...`, `rtsps://...`: a network camera; the whole URL is the stream's.
    - `picamera:0?width=640&height=480&fps=30`: a Raspberry Pi camera.
    - `file:walk.mp4?loop=1&realtime=1`: a video, GIF, image, or folder of images; `fps` for images.
    - `person:face.jpg?yaw=25&blink=1`: a synthetic person who walks up; needs `mesh_of`, whose error for a photo
      without a face passes through. `yaw`, `pitch`, `roll`: peaks of a turn to both sides, degrees; `blink`: how
      often; `flat=1`: a print of the photo instead; `seconds`, `fps`, `size=640x480`; `face`: its width at the stop,
      px; `noise`, grey levels; `exposure`, stops; `window`, stops by which one behind is brighter than the wall;
      `background=wall|photo` (a wall in the photo's border colour);
      `seed`; `loop=1`; `realtime=1`.
    - `attack:phone?source=face.jpg&seed=3`: an attack on recognition (docs/cameras.md has the species and options);
      needs `mesh_of` too.
    - `queue:people.txt`: `file:`, `person:` and `attack:` one after another, a URL a line; `#` begins a comment.
    - `lobby:people.txt`: an empty wall, until a line is written to the file: a URL of those three, `nobody`, or what
      who is there is asked to do, such as `turn_left`.

    With `follow_face` the exposure of a USB or Pi camera, and of a synthetic person before a window, follows the face.

    Live cameras are opened by the first `read`, and again whenever they are lost. Raises `CameraUrlError` for a wrong
    URL, `SourceUnreadable` for a file that is not there or not an image, `DriverMissing` without picamera2, and for the
    last four schemes on a device: `camera.synthetic` belongs to the lab, which a device does not carry.
    """
    if url.startswith(("rtsp:", "rtsps:")):
        return Reopening(rtsp_name(url), partial(open_rtsp, url), clock=clock)
    scheme, path, options = split_url(url)
    match scheme:
        case "v4l2":
            width, height, fps = _live_options(options)
            opened = partial(open_v4l2, Path(path), width, height, fps)
            return Reopening(url, opened, clock=clock, follow_face=follow_face)
        case "picamera":
            return _picamera(path, options, clock, follow_face=follow_face)
        case "file":
            return _file(path, options, clock)
        case "person" | "attack" | "queue" | "lobby":
            return _synthetic(path, options, mesh_of, clock, follow_face=follow_face)
    raise unknown(scheme)


def read_controls(url: str) -> States | None:
    """The controls of a USB camera, beside whoever films with it; None for a camera that is not asked so.

    Raises `ControlError` when the device cannot be opened.
    """
    if not url.startswith("v4l2:"):
        return None
    with V4l2Controls(Path(split_url(url)[1])) as controls:
        return controls.states()


def _live_options(options: UrlOptions) -> tuple[int, int, int]:
    width, height = options.whole("width", 640, 64, 4096), options.whole("height", 480, 64, 4096)
    fps = options.whole("fps", 30, 1, 240)
    options.finish()
    return width, height, fps


def _picamera(path: str, options: UrlOptions, clock: Clock, *, follow_face: bool) -> Camera:
    width, height, fps = _live_options(options)
    if not path.isdecimal():
        raise CameraUrlError(f"picamera: {path!r} is not the number of a camera, such as picamera:0")
    opened = picamera_opener(int(path), (width, height), fps)
    return Reopening(f"picamera:{path}", opened, clock=clock, follow_face=follow_face)


def _file(path: str, options: UrlOptions, clock: Clock) -> Camera:
    loop, realtime = options.flag("loop"), options.flag("realtime")
    fps = options.number("fps", 30, 0.1, 240)
    options.finish()
    camera = FileCamera(Path(path), loop=loop, fps=fps)
    return Paced(camera, clock) if realtime else camera


def _synthetic(path: str, options: UrlOptions, mesh_of: MeshOf | None, clock: Clock, *, follow_face: bool) -> Camera:
    """The only place that loads `camera.synthetic`, and only when a URL asks for it."""
    try:
        drivers = import_module("camera.synthetic.drivers")
    except ModuleNotFoundError as error:
        if error.name not in {"camera.synthetic", "camera.synthetic.drivers"}:
            raise
        raise DriverMissing(
            f"{options.scheme}: belongs to the lab, which is not installed here: get the sources and run scripts/setup"
        ) from error
    camera: Camera = drivers.open_synthetic(path, options, mesh_of, clock, follow_face=follow_face)
    return camera
