"""Fixtures: an agency worker with its real stores, and the agency that signs documents for it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk import settings as settings_file
from kiosk.app import parts
from kiosk.app.parts import Stores
from kiosk.settings import AgencySettings
from tests.agency import Agency
from tests.kiosk.agency.bench import Bench

UNIT = settings_file.laptop_settings(Path("/nowhere")).kiosk.unit


@pytest.fixture
def agency() -> Agency:
    return Agency(UNIT)


@pytest.fixture
def bench(tmp_path: Path, agency: Agency) -> Iterator[Bench]:
    pinned = AgencySettings(key=agency.key.public.text, receiver_key=agency.receiver.public.text)
    settings = settings_file.laptop_settings(tmp_path).model_copy(update={"agency": pinned})
    agency.opener.save(tmp_path / "unit.key")
    with ExitStack() as stack:
        ledger = stack.enter_context(parts.ledger(settings))
        people = stack.enter_context(parts.people(settings))
        parcels = stack.enter_context(parts.parcels(settings))
        yield Bench.of(settings, Stores(ledger, people, parcels, stack.enter_context(parts.documents(settings))))
