"""Synthetic people and attacks before a camera, for laboratories, demos and tests. A device does not use them."""
