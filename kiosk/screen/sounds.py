"""What the screen plays: tones made here, and prompts that espeak-ng speaks."""

import io
import shutil
import subprocess
import wave
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from kiosk.runtime.errors import KioskError
from kiosk.screen.catalogue import Phrase, Words

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


_PROGRAM: Final = "espeak-ng"
_WORDS_A_MINUTE: Final = 140
_LONGEST_S: Final = 30.0

_AS_WRITTEN: Final = (
    *("turn_left", "turn_right", "blink", "open_mouth", "come_closer", "hold"),
    *("unknown", "unknown3", "spoof", "challenge_failed", "paused", "inactive", "holiday", "closed", "practice"),
    *("two_faces", "no_landmarks", "too_far", "out_of_picture", "turned", "covered", "eyes_closed", "blurred"),
    *("moving", "dark", "glare", "too_short"),
)
SPOKEN: Final[Mapping[str, str]] = {
    **{key: key for key in _AS_WRITTEN},
    **{key: f"{key}_spoken" for key in ("in_ok", "break_out_ok", "break_in_ok", "out_ok")},
    "look_up": "enrol_up",
    "look_down": "enrol_down",
}
"""Each prompt, and the phrase that is spoken: none has a place for a name."""


class VoiceError(KioskError):
    """A prompt could not be spoken into its file."""


def speak(folder: Path, words: Words) -> list[Path]:
    """Write each prompt into the folder as a WAV file, in place of an older one.

    VoiceError when espeak-ng is not installed or cannot speak the language.
    """
    if shutil.which(_PROGRAM) is None:
        raise VoiceError(
            f"{_PROGRAM} is not installed: sudo apt install {_PROGRAM}; without it the screen has tones only"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return [_spoken(folder / f"{key}.wav", words.say(Phrase(phrase)), words.language) for key, phrase in SPOKEN.items()]


def _spoken(target: Path, text: str, language: str) -> Path:
    unfinished = target.with_suffix(".part")
    order = [_PROGRAM, "-v", language, "-s", str(_WORDS_A_MINUTE), "-w", str(unfinished), text]
    try:
        subprocess.run(order, check=True, capture_output=True, timeout=_LONGEST_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise VoiceError(f"{_PROGRAM} could not speak {target.stem} ({language}): {error}") from error
    unfinished.replace(target)
    return target
