"""Migration of databases of earlier versions, also by several receivers that start at once."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from central.errors import DatabaseError
from central.store.batch import progress
from central.store.database import CentralDatabase
from central.store.gaps import Gap
from central.store.kiosks import known_kiosks
from central.store.tables import METADATA
from tests.central.helpers import held, refused
from tests.sync.helpers import KIOSK, UNIT
from tests.waiting import LIMIT_S

OLD = Path(__file__).with_name("old")


def revision(database: CentralDatabase) -> str | None:
    with database.transaction() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def test_the_revisions_lead_to_the_tables_that_are_used(url: str) -> None:
    database = CentralDatabase(url)
    database.create()
    with database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_a_database_from_before_revisions_is_taken_over_whole(tmp_path: Path) -> None:
    shutil.copy(OLD / "central-before-001.db", tmp_path / "central.db")
    database = CentralDatabase(f"sqlite:///{tmp_path / 'central.db'}")
    database.create()
    assert [json.loads(payload)["seq"] for payload in held(database)] == [1, 2, 4]
    assert progress(database, KIOSK).gap == Gap(3, 3)
    assert known_kiosks(database)[KIOSK].unit == UNIT
    assert refused(database) == {"contract": 1}
    first = revision(database)
    database.create()
    assert revision(database) == first is not None
    database.close()


def test_tables_of_another_program_are_left_alone(url: str) -> None:
    database = CentralDatabase(url)
    with database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE entry (id INTEGER)")
    with pytest.raises(DatabaseError, match="another program"):
        database.create()
    with database.transaction() as connection:
        assert inspect(connection).get_table_names() == ["entry"]
    database.close()


def test_a_database_of_a_later_version_is_left_alone(url: str) -> None:
    database = CentralDatabase(url)
    database.create()
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '999'")
    with pytest.raises(DatabaseError, match="later version"):
        database.create()
    assert revision(database) == "999"
    database.close()


def test_several_that_start_at_once_do_not_collide(url: str) -> None:
    command = [sys.executable, "-m", "central", "kiosks", "list", "--database", url]
    several = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    told = [child.communicate(timeout=LIMIT_S)[1] for child in several]
    assert [child.returncode for child in several] == [0] * 6, told
