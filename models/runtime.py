"""Run TFLite networks on tflite-runtime or on its successor ai-edge-litert, whichever is installed."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import NetworkError

try:
    from tflite_runtime.interpreter import Interpreter
except ImportError:
    from ai_edge_litert.interpreter import Interpreter


class Network:
    """A TFLite network with one input and one output. One thread at a time may run it."""

    def __init__(self, source: Path | bytes, threads: int = 1) -> None:
        """Load a file or its bytes. Raises NetworkError when it cannot be read or is no such network."""
        where = str(source) if isinstance(source, Path) else "the given bytes"
        try:
            content = source.read_bytes() if isinstance(source, Path) else source
        except OSError as error:
            raise NetworkError(f"network {where} cannot be read: {error.strerror}") from error
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise NetworkError(f"{where} is not a TFLite network this runtime can run: {error}") from error
        self._input = self._only(where, self._interpreter.get_input_details())
        self._output = self._only(where, self._interpreter.get_output_details())

    @staticmethod
    def _only(where: str, details: list[dict[str, Any]]) -> dict[str, Any]:
        if len(details) != 1:
            raise NetworkError(f"{where} has {len(details)} inputs or outputs, expected one")
        return details[0]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, batch first."""
        return tuple(int(size) for size in self._input["shape"])

    @property
    def input_type(self) -> np.dtype[Any]:
        """Element type the input is converted to."""
        return np.dtype(self._input["dtype"])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output, batch first."""
        return tuple(int(size) for size in self._output["shape"])

    def run(self, x: NDArray[Any]) -> NDArray[Any]:
        """The network's output for one input; a missing batch axis is added. Raises NetworkError for another shape."""
        batch = x if x.ndim == len(self.input_shape) else x[np.newaxis]
        if batch.shape != self.input_shape:
            raise NetworkError(f"the network takes an input of shape {self.input_shape}, got {x.shape}")
        self._interpreter.set_tensor(self._input["index"], batch.astype(self.input_type, copy=False))
        self._interpreter.invoke()
        output: NDArray[Any] = self._interpreter.get_tensor(self._output["index"])
        return output
