"""Fixtures of the counter's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.counter.bench import Bench
from tests.kiosk.policies import local


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A Monday morning at half past seven, less ten minutes."""
    bench = Bench(tmp_path)
    bench.machine.show(local("2026-01-05T07:20:00"))
    bench.start()
    bench.staff()
    yield bench
    bench.stop()
