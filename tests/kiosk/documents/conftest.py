"""A desk with its real stores, and the agency that it listens to."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk import build
from kiosk import settings as settings_file
from kiosk.settings import Agency as AgencySettings
from kiosk.storage.stores import Stores
from tests.agency import Agency
from tests.kiosk.documents.bench import Bench

UNIT = settings_file.trial_settings(Path("/nowhere")).kiosk.unit


@pytest.fixture
def agency() -> Agency:
    return Agency(UNIT)


@pytest.fixture
def bench(tmp_path: Path, agency: Agency) -> Iterator[Bench]:
    pinned = AgencySettings(key=agency.key.public.text, receiver_key=agency.receiver.public.text)
    settings = settings_file.trial_settings(tmp_path).model_copy(update={"agency": pinned})
    agency.opener.save(tmp_path / "unit.key")
    with ExitStack() as stack:
        ledger = stack.enter_context(build.ledger(settings))
        people = stack.enter_context(build.people(settings))
        parcels = stack.enter_context(build.parcels(settings))
        yield Bench.of(settings, Stores(ledger, people, parcels, stack.enter_context(build.documents(settings))))
