"""The command line of the kiosk."""

from kiosk.cli.main import main

__all__ = ["main"]
