"""Short tones that tell results apart by ear, made of sines when they are asked for."""

import io
import wave
from collections.abc import Mapping
from functools import cache
from typing import Final

import numpy as np

RATE_HZ: Final = 22_050
_LOUD: Final = 0.5
_RISE_S, _FALL_S = 0.008, 0.09
_OVERTONES: Final = (1.0, 0.25, 0.08)

_NOTES: Final[Mapping[str, tuple[tuple[float, float], ...]]] = {
    "success": ((659.3, 0.12), (880.0, 0.26)),
    "repeat": ((659.3, 0.12), (0.0, 0.06), (659.3, 0.2)),
    "refusal": ((392.0, 0.18), (293.7, 0.34)),
    "attention": ((523.3, 0.3),),
}
"""Frequency in Hz, 0 for silence, and seconds: up is good, down is not, the same twice was there before."""


@cache
def tones() -> Mapping[str, bytes]:
    """Each tone by its name, as the bytes of a WAV file: one channel, 16 bits."""
    return {name: _wav(notes) for name, notes in _NOTES.items()}


def _wav(notes: tuple[tuple[float, float], ...]) -> bytes:
    wanted = np.concatenate([_note(hz, seconds) for hz, seconds in notes])
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(np.rint(32_767 * _LOUD * wanted).astype("<i2").tobytes())
    return file.getvalue()


def _note(hz: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A struck note (N,): without a click at either end."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    shape = np.minimum(1.0, at_s / _RISE_S) * np.minimum(1.0, (seconds - at_s) / _FALL_S) * np.exp(-2.5 * at_s)
    sines = [loud * np.sin(2 * np.pi * hz * number * at_s) for number, loud in enumerate(_OVERTONES, 1)]
    return np.asarray(shape * np.sum(sines, axis=0) / sum(_OVERTONES))
