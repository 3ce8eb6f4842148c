"""Screens: the camera's pixels and those of a screen make a pattern of colours (moire) that skin does not have."""

from __future__ import annotations

import cv2
import numpy as np

from models.liveness.finding import Check, Finding, Suspicion, at_most, not_made
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import DETAIL_PX, Floats, Track

MOIRE = 10.0
"""Largest ratio, in power, of a spectral peak of colour to its neighbourhood.

Real people reach 6 at most; 74 of 76 replays lie above the limit (docs/liveness.md)."""

_FRAMES = 8
_HANN = np.outer(np.hanning(DETAIL_PX), np.hanning(DETAIL_PX))
_ENERGY = (_HANN**2).sum()
_FLOOR = 1.0
"""Added to the power of the neighbourhood, in grey levels squared. Coded video has no noise at all in some places."""

_CYCLES = np.abs(np.meshgrid(*2 * [np.fft.fftshift(np.fft.fftfreq(DETAIL_PX))]))
_FINE = (np.hypot(*_CYCLES) > 0.06) & (_CYCLES.max(axis=0) < 0.4)
"""The spatial frequencies that are examined, in cycles a pixel. Below them faces have edges of their own. Above them
cameras and codecs that keep one colour for two pixels (4:2:2, 4:2:0) make a grating themselves."""


def screen(track: Track) -> Finding:
    """Whether the finest colours of the face have no lone spectral peak, as moire would."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.SCREEN)
    details = [track[index].detail.astype(np.float32) for index in np.linspace(0, len(track) - 1, _FRAMES).astype(int)]
    strongest = [max(peak(rgb[..., colour] - rgb[..., 1]) for colour in (0, 2)) for rgb in details]
    return at_most(Check.SCREEN, float(np.percentile(strongest, 75)), MOIRE, Suspicion.SCREEN)


def peak(colour: Floats) -> float:
    """The strongest lone peak in the spectrum of a difference of two colours (DETAIL_PX, DETAIL_PX), as a ratio.

    The mean power of 3 x 3 bins is divided by that of the 13 x 13 bins around it without the inner 5 x 5. Edges and
    coding blocks spread their power over many bins, a grating does not.
    """
    spectrum = cv2.dft(np.asarray(colour * _HANN, np.float32), flags=cv2.DFT_COMPLEX_OUTPUT)
    power = np.fft.fftshift((spectrum**2).sum(axis=2)) / _ENERGY
    near, gap, far = (n * n * cv2.blur(power, (n, n)) for n in (3, 5, 13))
    return float(((near / 9) / ((far - gap) / 144 + _FLOOR))[_FINE].max())
