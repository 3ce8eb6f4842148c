"""Is the face on a screen? The camera's pixels and the screen's make colours that skin does not have."""

from __future__ import annotations

import cv2
import numpy as np

from models.liveness.finding import Check, Finding, Suspicion, at_most, not_made
from models.liveness.parallax import LEAST_FRAMES
from models.liveness.track import DETAIL_PX, Floats, Track

MOIRE = 10.0
"""How far a spectral peak of colour stands out from its surroundings, in power.

Real people reach 6 at most, and 74 of 76 replays lie above (docs/liveness.md)."""

_LOOKS = 8
_HANN = np.outer(np.hanning(DETAIL_PX), np.hanning(DETAIL_PX))
_ENERGY = (_HANN**2).sum()
_FLOOR = 1.0
"""Grey levels squared: coded video has no noise at all in some places."""

_CYCLES = np.abs(np.meshgrid(*2 * [np.fft.fftshift(np.fft.fftfreq(DETAIL_PX))]))
_FINE = (np.hypot(*_CYCLES) > 0.06) & (_CYCLES.max(axis=0) < 0.4)
"""Cycles a pixel: below, faces have edges of their own; above, cameras and codecs that keep one colour for two pixels
(4:2:2, 4:2:0) make a grating themselves."""


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
