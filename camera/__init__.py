"""Where frames come from. `open_camera` chooses a driver by URL; everything else is what it gives or raises."""

from camera.about import About, Source, about
from camera.drivers import open_camera, read_controls
from camera.errors import (
    CameraError,
    CameraMissing,
    CameraTimeout,
    CameraUnavailable,
    CameraUrlError,
    DriverMissing,
    SourceUnreadable,
)
from camera.frame import Answering, Camera, Frame, Image, MeshOf, Metering, Prompt, Truth
from camera.orientation import Orientation, Oriented, Rotation

__all__ = [
    "About",
    "Answering",
    "Camera",
    "CameraError",
    "CameraMissing",
    "CameraTimeout",
    "CameraUnavailable",
    "CameraUrlError",
    "DriverMissing",
    "Frame",
    "Image",
    "MeshOf",
    "Metering",
    "Orientation",
    "Oriented",
    "Prompt",
    "Rotation",
    "Source",
    "SourceUnreadable",
    "Truth",
    "about",
    "open_camera",
    "read_controls",
]
