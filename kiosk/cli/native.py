"""MediaPipe's native lines on standard error: known noise is kept from the person, everything else passes."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Said at every start by mediapipe 0.10.18 and tflite, with no setting that silences it and nothing to be done about it.
_NOISE = re.compile(
    rb"Created TensorFlow Lite XNNPACK|All log messages before absl::InitializeLog"
    rb"|inference_feedback_manager|landmark_projection_calculator|libpng warning: iCCP"
)


@contextmanager
def quiet() -> Iterator[None]:
    """Filter file descriptor 2 while the block runs; Python's own sys.stderr is not touched.

    Not for the daemon: what a native library says in the moment it aborts would be lost with the filter.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)
    python_stderr, sys.stderr = sys.stderr, os.fdopen(kept, "w", buffering=1, closefd=False)
    thread = threading.Thread(target=_pass_on, args=(reading, kept), name="native-stderr", daemon=True)
    thread.start()
    try:
        yield
    finally:
        sys.stderr = python_stderr
        os.dup2(kept, 2)  # closes the pipe's last writing end, which ends the thread
        thread.join(1.0)
        os.close(kept)


def _pass_on(reading: int, target: int) -> None:
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            if not _NOISE.search(line):
                os.write(target, line)
