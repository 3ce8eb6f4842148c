"""Fixtures of the web server's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.web.sites import Site, served


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A screen that is served."""
    with served(tmp_path) as it:
        yield it
