"""The whole system on one machine, with synthetic people before the camera."""
