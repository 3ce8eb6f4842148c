from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.glass import chromium
from tests.kiosk.screen.browsing import Tourist


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def tourist(browser: Browser, tmp_path: Path) -> Iterator[Tourist]:
    visitor = Tourist(tmp_path, browser)
    with visitor.served():
        yield visitor
        visitor.close()
