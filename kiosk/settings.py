"""The settings: one TOML file, which is read once. docs/settings.md explains each key."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from kiosk.attendance.default_rules import AttendanceSettings
from kiosk.position.place import Site, TrackLimits
from kiosk.recognition.liveness import Level
from kiosk.recognition.visit import VisitLimits
from kiosk.runtime.errors import UsageError
from kiosk.runtime.section import Section
from kiosk.web.settings import ScreenSettings
from models.quality import QualityLimits
from sync.contract import Slug
from sync.contract.topics import DEFAULT_ROOT
from sync.documents.envelope import Pinned
from sync.documents.sealing import SealTo
from sync.errors import KeyFileError
from sync.mqtt.broker import BrokerSettings
from sync.signing import PublicKey

_DEFAULTS = QualityLimits()


class DeviceSettings(Section):
    """The identity of the kiosk, its data directory and its time zone."""

    id: Slug
    unit: Slug
    data_dir: Path = Path("/var/lib/senfie-kiosk")
    timezone: str = "Asia/Makassar"
    topic_root: str = DEFAULT_ROOT
    data_may_vanish: bool = False

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone is called {name!r}; Kutai Timur is Asia/Makassar") from error
        return name


class CameraSettings(Section):
    """Where frames come from. `url` is a camera URL (docs/cameras.md).

    Events call the camera by `name`, since the URL may contain a password. `demo` allows a source that is no camera,
    such as a film. `idle_detect_hz` is how often faces are looked for while nobody is there.
    """

    url: str = "v4l2:/dev/video0"
    demo: bool = False
    name: str = Field("camera", min_length=1, max_length=100)
    idle_detect_hz: float = Field(4.0, gt=0)


class RecognitionSettings(Section):
    """When a face counts as that of a person in the gallery."""

    embedder: str = "dlib-resnet-v1"
    models_dir: Path | None = None
    threads: int = Field(1, ge=1, le=8)
    fpir: float = Field(0.003, ge=1e-6, le=0.1)
    threshold: float | None = Field(None, ge=0, le=1)
    min_margin: float | None = Field(None, ge=0, le=1)
    good_frames: int = Field(5, ge=3)
    max_good_frames: int = Field(15, ge=3)
    patience_s: float = Field(6.0, gt=0)
    cool_down_s: float = Field(5.0, ge=0)
    later_shots: bool = True

    def visit(self, same_person: float) -> VisitLimits:
        """Returns the limits of a visit. Two frames whose score is below `same_person` show two people."""
        return VisitLimits(
            same_person=same_person,
            good_frames=self.good_frames,
            max_good_frames=self.max_good_frames,
            patience_s=self.patience_s,
            cool_down_s=self.cool_down_s,
        )


class QualitySettings(Section):
    """The limits of a good frame. docs/recognition.md says how the defaults were measured."""

    min_eye_distance_px: float = Field(_DEFAULTS.min_eye_distance_px, gt=0)
    full_eye_distance_px: float = Field(_DEFAULTS.full_eye_distance_px, gt=0)
    max_yaw_deg: float = Field(_DEFAULTS.max_yaw_deg, gt=0, le=90)
    max_pitch_deg: float = Field(_DEFAULTS.max_pitch_deg, gt=0, le=90)
    max_roll_deg: float = Field(_DEFAULTS.max_roll_deg, gt=0, le=90)
    min_sharpness: float = Field(_DEFAULTS.min_sharpness, ge=0)
    min_brightness: float = Field(_DEFAULTS.min_brightness, ge=0, le=255)
    max_brightness: float = Field(_DEFAULTS.max_brightness, ge=0, le=255)
    max_saturated: float = Field(_DEFAULTS.max_saturated, ge=0, le=1)
    min_eyes_open: float = Field(_DEFAULTS.min_eyes_open, ge=0, le=1)

    def limits(self) -> QualityLimits:
        """Returns the limits of a good frame."""
        return QualityLimits(**self.model_dump())


class SiteSettings(Section):
    """The surveyed point of the office (WGS 84) and its fence.

    An event tells of a kiosk that has been outside for `moved_after_s` seconds.
    """

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    radius_m: float = Field(50.0, gt=0)
    moved_after_s: float = Field(300.0, gt=0)

    def site(self) -> Site:
        """Returns the point and the radius of the fence."""
        return Site(self.lat, self.lon, self.radius_m)


class GpsdSettings(Section):
    """Where gpsd listens, and the limits by which its fixes are judged."""

    host: str = "127.0.0.1"
    port: int = Field(2947, ge=1, le=65535)
    max_age_s: float = Field(30.0, gt=0)
    median_s: float = Field(60.0, ge=0, le=3600)
    frozen_s: float = Field(600.0, gt=0, le=86_400)

    def track(self) -> TrackLimits:
        """Returns the limits that `place_of` uses."""
        return TrackLimits(self.max_age_s, self.median_s, self.frozen_s)


class StorageSettings(Section):
    """The free space that the disk must have, the most that evidence may take, and how long delivered entries are kept.

    A MB is 1,000,000 bytes.
    """

    low_mb: float = Field(500.0, ge=0)
    stop_mb: float = Field(50.0, ge=0)
    evidence_mb: float = Field(200.0, ge=0)
    keep_entries_days: int = Field(800, ge=31)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stop_mb > self.low_mb:
            raise ValueError("stop_mb must not be more than low_mb")
        return self


class LivenessSettings(Section):
    """How thoroughly the kiosk checks that a person and not a picture is there, unless the agency's policy says it."""

    level: Level = "strict"
    network: bool = False


class AgencySettings(Section):
    """The public keys that are pinned when the kiosk is provisioned, as `kiosk-central keys new` writes them."""

    key: str | None = None
    receiver_key: str | None = None
    seal_to: str | None = None

    @field_validator("key", "receiver_key")
    @classmethod
    def _signs(cls, text: str | None) -> str | None:
        return text and _key_text(PublicKey.from_text, text)

    @field_validator("seal_to")
    @classmethod
    def _seals(cls, text: str | None) -> str | None:
        return text and _key_text(SealTo.from_text, text)

    def pinned(self) -> Pinned:
        """Returns the keys."""
        return Pinned(
            None if self.key is None else PublicKey.from_text(self.key),
            None if self.receiver_key is None else PublicKey.from_text(self.receiver_key),
            None if self.seal_to is None else SealTo.from_text(self.seal_to),
        )


class Settings(Section):
    """The whole settings file."""

    kiosk: DeviceSettings
    site: SiteSettings
    camera: CameraSettings = CameraSettings()
    recognition: RecognitionSettings = RecognitionSettings()
    quality: QualitySettings = QualitySettings()
    gpsd: GpsdSettings = GpsdSettings()
    broker: BrokerSettings = BrokerSettings()
    agency: AgencySettings = AgencySettings()
    storage: StorageSettings = StorageSettings()
    liveness: LivenessSettings = LivenessSettings()
    screen: ScreenSettings = ScreenSettings()
    attendance: AttendanceSettings = AttendanceSettings()


def load(path: Path) -> Settings:
    """Reads a settings file. Raises UsageError, which names the file and the key."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise UsageError(f"settings file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"settings file {path} is not TOML: {error}") from error
    except ValidationError as error:
        raise UsageError(f"settings file {path}:\n" + "\n".join(_lines(error))) from error


def laptop_settings(data_dir: Path) -> Settings:
    """Returns the settings of commands on a laptop without a settings file: a kiosk of no office, open all day."""
    return Settings(
        kiosk=DeviceSettings(id="laptop", unit="nowhere", data_dir=data_dir),
        site=SiteSettings(lat=0.504889, lon=117.546295),
        attendance=AttendanceSettings.all_day(),
    )


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False):
        key = ".".join(str(part) for part in problem["loc"])
        text = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"]
        lines.append(f"  {key}: {text}")
    return lines


def _key_text(read: Callable[[str], object], text: str) -> str:
    try:
        read(text)
    except KeyFileError as error:
        raise ValueError(str(error)) from error
    return text
