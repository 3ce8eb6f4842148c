from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.glass import chromium
from tests.whole_day.screens.house import House, opened


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="package")
def one_house(browser: Browser, known: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house"), browser, known) as house:
        yield house


@pytest.fixture
def house(one_house: House) -> Iterator[House]:
    """A house before which nobody stands, in trial, whose page said nothing of what went wrong."""
    one_house.rules()
    one_house.turn_page()
    yield one_house
    one_house.call("nobody")
    assert one_house.glass.complaints == [], "\n".join(one_house.glass.complaints)
