"""Fixtures with real assets, which are installed once into the folder that the program itself uses."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.assets import AssetStore
from models.detector import FaceDetector
from models.landmarks import LandmarkFinder
from tests.models.heads import upright


@pytest.fixture(scope="session")
def store() -> AssetStore:
    """The photos and dlib's network are fetched where they are not there yet; other embedders are what setup found."""
    installed = AssetStore()
    installed.install([*installed.catalogue.names(default_only=True), "dlib-resnet-v1"])
    return installed


@pytest.fixture(scope="session")
def face(store: AssetStore) -> NDArray[np.float64]:
    """The landmarks of a photo (468, 3), upright, in face widths around their middle."""
    image = cv2.cvtColor(cv2.imread(str(store.path("photo-grace-hopper"))), cv2.COLOR_BGR2RGB)
    detector = FaceDetector()
    with LandmarkFinder() as finder:
        rgb = np.asarray(image, np.uint8)
        points = finder.find(rgb, detector.detect(rgb)[0].box)
    assert points is not None
    return upright(points)
