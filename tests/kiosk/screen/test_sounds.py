"""What the screen lets people hear."""

import io
import shutil
import string
import wave
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kiosk.screen import Phrase, Words
from kiosk.screen.catalogue import LANGUAGES, Language
from kiosk.screen.sounds import RATE_HZ, SPOKEN, VoiceError, speak, tones


def heard(sound: bytes) -> NDArray[np.float64]:
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float) / 32_768


def test_every_tone_is_short_loud_enough_and_never_clips() -> None:
    assert set(tones()) == {"success", "repeat", "refusal", "attention"}, "what the page plays"
    for sound in map(heard, tones().values()):
        assert 0.2 <= len(sound) / RATE_HZ <= 0.6
        assert 0.2 < np.abs(sound).max() < 0.9
        assert np.abs(sound[[0, -1]]).max() < 0.01, "a click"


def melody(sound: NDArray[np.float64]) -> list[float]:
    """The strongest frequency in each of the two halves, Hz."""
    halves = np.array_split(sound, 2)
    return [float(np.fft.rfftfreq(len(h), 1 / RATE_HZ)[np.abs(np.fft.rfft(h)).argmax()]) for h in halves]


def test_the_tones_are_told_apart_by_their_melody() -> None:
    found = {name: melody(heard(sound)) for name, sound in tones().items()}
    assert found["success"][1] > 1.2 * found["success"][0]
    assert found["refusal"][1] < 0.85 * found["refusal"][0]
    assert found["repeat"][1] == pytest.approx(found["repeat"][0], rel=0.02)
    for one, other in combinations(found.values(), 2):
        assert max(abs(a / b - 1) for a, b in zip(one, other, strict=True)) > 0.1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_spoken_is_in_the_catalogue_and_has_no_place_for_a_name(language: Language) -> None:
    phrases = Words(language).all()
    for phrase in SPOKEN.values():
        assert [place for _, place, _, _ in string.Formatter().parse(phrases[phrase]) if place is not None] == []


def test_without_the_program_it_is_said_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VoiceError, match="apt install espeak-ng"):
        speak(tmp_path / "voices", Words())
    assert not (tmp_path / "voices").exists()


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_is_spoken_into_a_file(tmp_path: Path, language: Language) -> None:
    made = speak(tmp_path, Words(language))
    assert {path.stem for path in made} == set(SPOKEN)
    assert sorted(tmp_path.iterdir()) == sorted(made)
    for path in made:
        sound = heard(path.read_bytes())
        text = Words(language).say(Phrase(SPOKEN[path.stem]))
        assert len(text) * 0.03 < len(sound) / RATE_HZ < 8.0
        assert np.abs(sound).max() > 0.1
