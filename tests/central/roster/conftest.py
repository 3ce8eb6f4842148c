"""The office whose roster these tests push."""

from pathlib import Path

import pytest

from central.keys import Keys, make_keys
from central.store.database import Database
from tests.central.roster.office import Office
from tests.sync.helpers import UNIT


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    make_keys(tmp_path / "keys", [UNIT, "busang"])
    return Office(tmp_path, database, Keys(tmp_path / "keys"))
