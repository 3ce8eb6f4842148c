"""The table `[screen]` of the settings file."""

from pydantic import Field

from kiosk.runtime.section import Section
from kiosk.screen.catalogue import Language


class ScreenSettings(Section):
    """The page that a browser on this device shows. `volume` is from 0 to 1."""

    enabled: bool = True
    port: int = Field(8017, ge=1, le=65535)
    language: Language = "id"
    preview_fps: float = Field(15.0, gt=0, le=60)
    volume: float = Field(0.7, ge=0, le=1)
