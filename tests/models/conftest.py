"""Real assets for the tests of this room, fetched once into the folder the program itself uses."""

import pytest

from models.assets import AssetStore


@pytest.fixture(scope="session")
def store() -> AssetStore:
    installed = AssetStore()
    installed.install([*installed.catalogue.names(default_only=True), "dlib-resnet-v1-f16", "dlib-resnet-v1-int8"])
    return installed
