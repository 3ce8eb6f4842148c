"""The demo's broker, for tests that skip where mosquitto is not installed."""

import pytest

from kiosk.lab.demo.broker import Broker, ProgramMissingError, free_port, program

__all__ = ["Broker", "free_port", "needs_mosquitto"]


def _installed() -> bool:
    try:
        program("mosquitto", "mosquitto")
    except ProgramMissingError:
        return False
    return True


needs_mosquitto = pytest.mark.skipif(not _installed(), reason="mosquitto is not installed")
