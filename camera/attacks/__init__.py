"""Attacks on a camera that recognises faces, as sources of frames: what tests and `kiosk pad-test` present."""
