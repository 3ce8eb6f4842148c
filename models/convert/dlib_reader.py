"""dlib's portable serialisation (dlib/serialize.h, dlib/cuda/tensor_tools.h): numbers, names and tensors."""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.errors import ConversionError

Floats: TypeAlias = NDArray[np.float32]

_MAX_NUMBER_BYTES = 8
_MAX_SIZE = 1 << 24


class DlibReader:
    """Reads a file from its start; every oddity is a ConversionError that names the byte."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def error(self, what: str) -> ConversionError:
        """An error that says what is odd, and where."""
        return ConversionError(f"not a dlib face network: {what} (at byte {self._at} of {len(self._data)})")

    def expect(self, found: object, expected: object, what: str) -> None:
        """Raise when something is not what belongs there."""
        if found != expected:
            raise self.error(f"{what} is {found!r} instead of {expected!r}")

    def finish(self) -> None:
        """Raise when the file goes on."""
        if self._at != len(self._data):
            raise self.error("the file goes on after the last layer")

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise self.error("the file ends too early")
        self._at += count
        return taken

    def integer(self) -> int:
        """Control byte (sign, byte count) and little-endian magnitude."""
        control = self._take(1)[0]
        size = control & 0x0F
        if control & 0x70 or size > _MAX_NUMBER_BYTES:
            raise self.error(f"number with control byte {control:#04x}")
        magnitude = int.from_bytes(self._take(size), "little")
        return -magnitude if control & 0x80 else magnitude

    def real(self) -> float:
        """Mantissa and binary exponent."""
        mantissa, exponent = self.integer(), self.integer()
        try:
            return math.ldexp(mantissa, exponent)
        except OverflowError as error:
            raise self.error(f"exponent {exponent}") from error

    def boolean(self) -> bool:
        """ASCII 0 or 1."""
        character = self._take(1)
        if character not in (b"0", b"1"):
            raise self.error(f"truth value {character!r}")
        return character == b"1"

    def string(self) -> str:
        """Length and ASCII bytes."""
        raw = self._take(self.natural())
        try:
            return raw.decode("ascii")
        except UnicodeDecodeError as error:
            raise self.error(f"name {raw[:40]!r}") from error

    def natural(self, least: int = 0) -> int:
        """A size or a count."""
        number = self.integer()
        if not least <= number <= _MAX_SIZE:
            raise self.error(f"size {number} is not between {least} and {_MAX_SIZE}")
        return number

    def _shape(self) -> tuple[int, int, int, int]:
        return (self.natural(), self.natural(), self.natural(), self.natural())

    def alias(self) -> tuple[int, int, int, int]:
        """Shape (samples, k, rows, columns) of a tensor that lies within another one."""
        self.expect(self.integer(), 1, "version of an alias tensor")
        return self._shape()

    def tensor(self) -> Floats:
        """Weights, (samples, k, rows, columns)."""
        self.expect(self.integer(), 2, "version of a tensor")
        shape = self._shape()
        size = shape[0] * shape[1] * shape[2] * shape[3]
        values = np.frombuffer(self._take(4 * size), dtype="<f4").astype(np.float32)
        if not np.isfinite(values).all():
            raise self.error("a weight is not a finite number")
        return values.reshape(shape)
