"""TFLite networks, run by the interpreter of ai-edge-litert."""

import ctypes
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from flatbuffers.table import Table
from numpy.typing import NDArray

from models.errors import NetworkError

_ROOT_AND_IDENTIFIER = struct.Struct("<I4s")
_BUFFERS_OF_MODEL, _DATA_OF_BUFFER = 12, 4  # vtable offsets of slots 4 and 0 in the schema

_MADV_DONTNEED = 4  # Linux, asm-generic/mman-common.h


class Network:
    """A TFLite network with one input. One thread at a time may run it."""

    def __init__(self, source: Path | bytes, threads: int = 1, outputs: int = 1) -> None:
        """Load a file or its bytes. Raises NetworkError when it cannot be read, or has not so many in- and outputs."""
        where = str(source) if isinstance(source, Path) else "the network"
        try:
            _check_complete(source.read_bytes() if isinstance(source, Path) else source)
            model = {"model_path": str(source)} if isinstance(source, Path) else {"model_content": source}
            self._interpreter = Interpreter(**model, num_threads=threads)
            self._interpreter.allocate_tensors()
            if isinstance(source, Path):
                _release_pages(source)
        except OSError as error:
            raise NetworkError(f"{where} cannot be read: {error.strerror}") from error
        except (ValueError, RuntimeError) as error:
            raise NetworkError(f"{where} is not a TFLite file that can be run here: {error}") from error
        (self._input,) = _exactly(1, f"{where}: inputs", self._interpreter.get_input_details())
        self._outputs = _exactly(outputs, f"{where}: outputs", self._interpreter.get_output_details())

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of the input, batch first."""
        return tuple(int(size) for size in self._input["shape"])

    @property
    def input_type(self) -> np.dtype[Any]:
        """Element type that the input is converted to."""
        return np.dtype(self._input["dtype"])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the first output, batch first."""
        return tuple(int(size) for size in self._outputs[0]["shape"])

    def run(self, x: NDArray[Any]) -> NDArray[Any]:
        """The first output (batch first) for one input of `input_shape`. Raises NetworkError for another shape."""
        return self.run_all(x)[0]

    def run_all(self, x: NDArray[Any]) -> list[NDArray[Any]]:
        """All outputs in the file's order, as `run` gives the first."""
        if x.shape != self.input_shape:
            raise NetworkError(f"the network takes an input of shape {self.input_shape}, got {x.shape}")
        self._interpreter.set_tensor(self._input["index"], x.astype(self.input_type, copy=False))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output["index"]) for output in self._outputs]


def _exactly(count: int, what: str, details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(details) != count:
        raise NetworkError(f"{what} are {len(details)}, expected {count}")
    return details


def _check_complete(content: bytes) -> None:
    """Raise ValueError unless all weights are there: the interpreter may crash the process on a truncated file."""
    try:
        root, identifier = _ROOT_AND_IDENTIFIER.unpack_from(content)
        if identifier != b"TFL3":
            raise ValueError("it does not begin like one")
        model = Table(content, root)
        buffers = model.Offset(_BUFFERS_OF_MODEL)
        first, count = model.Vector(buffers), model.VectorLen(buffers)
        ends = [_end_of_data(Table(content, model.Indirect(first + 4 * number))) for number in range(count)]
    except struct.error as error:
        raise ValueError("it is cut off") from error
    if not buffers or max(ends, default=0) > len(content):
        raise ValueError("it is cut off")


def _end_of_data(buffer: Table) -> int:
    data = buffer.Offset(_DATA_OF_BUFFER)
    return int(buffer.Vector(data) + buffer.VectorLen(data)) if data else 0


def _release_pages(path: Path) -> None:
    """Release the memory of a mapped file, as XNNPACK has its own packed copy of the weights by now.

    Pages that are needed after all are read from the file again (madvise(2): MADV_DONTNEED on a mapping of a file).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    mapped = os.fsencode(path.resolve())
    for line in Path("/proc/self/maps").read_bytes().splitlines():
        if line.endswith(b" " + mapped):
            begin, end = (int(side, 16) for side in line.split()[0].split(b"-"))
            libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_DONTNEED)
