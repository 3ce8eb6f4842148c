"""Assets: files that the kiosk needs beside its code. They are pinned by hash, fetched, converted and kept."""

from models.assets.catalogue import Asset, Catalogue, EmbedderDescription
from models.assets.combinations import Choice, choose, install_best, members_of, unavailable
from models.assets.sources import Progress, Report
from models.assets.store import AssetState, AssetStatus, AssetStore, default_folder

__all__ = [
    "Asset",
    "AssetState",
    "AssetStatus",
    "AssetStore",
    "Catalogue",
    "Choice",
    "EmbedderDescription",
    "Progress",
    "Report",
    "choose",
    "default_folder",
    "install_best",
    "members_of",
    "unavailable",
]
