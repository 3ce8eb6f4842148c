"""The photos of the two people who walk up."""

from pathlib import Path

import pytest

from kiosk.lab.demo import show
from models.assets import AssetStore


@pytest.fixture(scope="session")
def known() -> Path:
    return AssetStore().path(show.KNOWN)


@pytest.fixture(scope="session")
def stranger() -> Path:
    return AssetStore().path(show.STRANGER)
