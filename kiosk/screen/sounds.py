"""The sounds of the screen: tones that are computed here, and prompts that espeak-ng speaks."""

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
"""The notes of each tone: frequency in Hz, 0 for silence, and duration in seconds.

Rising notes are a success, falling ones a refusal, and the same note twice is a repeat.
"""


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
"""Each prompt, and the phrase that is spoken for it. None of these phrases has a place for a name."""


class VoiceError(KioskError):
    """espeak-ng could not speak a prompt into its file."""


@cache
def tones() -> Mapping[str, bytes]:
    """Returns each tone by its name, as the bytes of a WAV file with one channel of 16 bits."""
    return {name: _wav(notes) for name, notes in _NOTES.items()}


def speak(folder: Path, words: Words) -> list[Path]:
    """Writes each prompt into `folder` as a WAV file, in place of an older one, and returns the files.

    Raises VoiceError when espeak-ng is not installed or cannot speak the language.
    """
    if shutil.which(_PROGRAM) is None:
        raise VoiceError(
            f"{_PROGRAM} is not installed: sudo apt install {_PROGRAM}; without it the screen has tones only"
        )
    folder.mkdir(parents=True, exist_ok=True)
    return [_spoken(folder / f"{key}.wav", words.say(Phrase(phrase)), words.language) for key, phrase in SPOKEN.items()]


def _wav(notes: tuple[tuple[float, float], ...]) -> bytes:
    samples = np.concatenate([_note(hz, seconds) for hz, seconds in notes])
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(np.rint(32_767 * _LOUD * samples).astype("<i2").tobytes())
    return file.getvalue()


def _note(hz: float, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Returns the samples (N,) of a struck note, which begins and ends without a click."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    shape = np.minimum(1.0, at_s / _RISE_S) * np.minimum(1.0, (seconds - at_s) / _FALL_S) * np.exp(-2.5 * at_s)
    sines = [loud * np.sin(2 * np.pi * hz * number * at_s) for number, loud in enumerate(_OVERTONES, 1)]
    return np.asarray(shape * np.sum(sines, axis=0) / sum(_OVERTONES))


def _spoken(target: Path, text: str, language: str) -> Path:
    unfinished = target.with_suffix(".part")
    command = [_PROGRAM, "-v", language, "-s", str(_WORDS_A_MINUTE), "-w", str(unfinished), text]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_LONGEST_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise VoiceError(f"{_PROGRAM} could not speak {target.stem} ({language}): {error}") from error
    unfinished.replace(target)
    return target
