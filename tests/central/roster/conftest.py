"""The office whose roster these tests push."""

from pathlib import Path

import pytest

from central.keys import AgencyKeys, make_keys
from central.store.database import CentralDatabase
from tests.central.roster.office import Office
from tests.sync.helpers import UNIT


@pytest.fixture
def office(tmp_path: Path, database: CentralDatabase) -> Office:
    make_keys(tmp_path / "keys", [UNIT, "busang"])
    return Office(tmp_path, database, AgencyKeys(tmp_path / "keys"))
