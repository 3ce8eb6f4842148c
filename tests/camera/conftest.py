"""Fixtures: photos, and the mesh finder that synthetic cameras are given."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import matplotlib
import mediapipe as mp
import numpy as np
import pytest
from numpy.typing import NDArray

from camera import Image, MeshOf

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


class NoFaceError(Exception):
    pass


@pytest.fixture(scope="session")
def photo() -> Path:
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


@pytest.fixture(scope="session")
def shared_photo() -> Path:
    path = SHARED / "faces/compreface-samples/by_identity/C/009_C.jpg"
    if not path.exists():
        pytest.skip("needs the shared test photos")
    return path


@pytest.fixture(scope="session")
def mesh_of() -> Iterator[MeshOf]:
    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=1) as finder:

        def mesh(image: Image) -> NDArray[np.float32]:
            found = finder.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_face_landmarks
            if not found:
                raise NoFaceError
            height, width = image.shape[:2]
            points = [(p.x * width, p.y * height, p.z * width) for p in found[0].landmark]
            return np.array(points, np.float32)

        yield mesh
