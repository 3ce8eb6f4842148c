"""Synthetic people and attacks before a camera: for laboratories, demos and tests, on no device."""
