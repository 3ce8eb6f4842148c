"""The demo's broker, for tests that skip where mosquitto is not installed."""

import pytest

from kiosk.demo.broker import Broker
from kiosk.demo.children import ProgramMissingError, free_port, program

__all__ = ["Broker", "free_port", "needs_mosquitto"]


def _installed() -> bool:
    try:
        program("mosquitto", "mosquitto")
    except ProgramMissingError:
        return False
    return True


needs_mosquitto = pytest.mark.skipif(not _installed(), reason="mosquitto is not installed")
