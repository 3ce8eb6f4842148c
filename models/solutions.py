"""MediaPipe's face solutions, without the plotting library that comes with them.

They import Matplotlib for pictures of landmarks that nobody here draws: 33 MB of the daemon, and half a second of its
start. While they are imported an empty module stands in for it; afterwards it can be imported as ever.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_PLOTTING = ("matplotlib", "matplotlib.pyplot")


@contextmanager
def _without_plotting() -> Iterator[None]:
    absent = [name for name in _PLOTTING if name not in sys.modules]
    sys.modules.update({name: ModuleType(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _without_plotting():
    from mediapipe.python.solutions.face_detection import FaceDetection
    from mediapipe.python.solutions.face_mesh import FaceMesh

__all__ = ["FaceDetection", "FaceMesh"]
