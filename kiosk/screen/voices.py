"""Spoken prompts, made on the device by espeak-ng and kept as files: nothing is sent, and no name is spoken."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kiosk.errors import KioskError
from kiosk.screen.catalogue import Line, Words

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
    return [_spoken(folder / f"{key}.wav", words.say(Line(phrase)), words.language) for key, phrase in SPOKEN.items()]


def _spoken(target: Path, text: str, language: str) -> Path:
    unfinished = target.with_suffix(".part")
    order = [_PROGRAM, "-v", language, "-s", str(_WORDS_A_MINUTE), "-w", str(unfinished), text]
    try:
        subprocess.run(order, check=True, capture_output=True, timeout=_LONGEST_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise VoiceError(f"{_PROGRAM} could not speak {target.stem} ({language}): {error}") from error
    unfinished.replace(target)
    return target
