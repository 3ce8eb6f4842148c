"""Is the face on a screen? The camera's pixels and the screen's make colours that skin does not have."""

from __future__ import annotations

import cv2
import numpy as np

from models.liveness.finding import Check, Finding, Suspicion, at_most, not_made
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import DETAIL_PX, Floats, Track

MOIRE = 24.0
"""How far a spectral peak of colour stands out from its surroundings, in power.

All genuine windows lie below, one of 36 replays does (docs/liveness.md)."""

_LOOKS = 8
_HANN = np.outer(np.hanning(DETAIL_PX), np.hanning(DETAIL_PX))
_ENERGY = (_HANN**2).sum()
_FLOOR = 1.0
"""Grey levels squared: coded video has no noise at all in some places."""

_RADIUS = np.hypot(*np.meshgrid(*2 * [np.fft.fftshift(np.fft.fftfreq(DETAIL_PX))]))
_FINE = (_RADIUS > 0.06) & (_RADIUS < 0.48)
"""Cycles a pixel: below, faces have edges of their own."""


def screen(track: Track) -> Finding:
    """Whether the finest colours of the face repeat themselves as a screen's stripes do under a camera (moire)."""
    if len(track) < LEAST_FRAMES:
        return not_made(Check.SCREEN)
    looks = [track[index].detail.astype(np.float32) for index in np.linspace(0, len(track) - 1, _LOOKS).astype(int)]
    strongest = [max(peak(look[..., colour] - look[..., 1]) for colour in (0, 2)) for look in looks]
    return at_most(Check.SCREEN, float(np.percentile(strongest, 75)), MOIRE, Suspicion.SCREEN)


def peak(colour: Floats) -> float:
    """The strongest lone peak in the spectrum of a difference of colours (DETAIL_PX, DETAIL_PX).

    Lone: three by three bins against the frame of 13 by 13 around five by five of them. Edges and coding blocks spread
    their power, a grating does not.
    """
    spectrum = cv2.dft(np.asarray(colour * _HANN, np.float32), flags=cv2.DFT_COMPLEX_OUTPUT)
    power = np.fft.fftshift((spectrum**2).sum(axis=2)) / _ENERGY
    near, gap, far = (n * n * cv2.blur(power, (n, n)) for n in (3, 5, 13))
    return float(((near / 9) / ((far - gap) / 144 + _FLOOR))[_FINE].max())
