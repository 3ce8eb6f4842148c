"""How the tests themselves are built."""

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_no_test_module_is_imported() -> None:
    """What several tests use stands in a module of its own: a moved test breaks no other."""
    found = [
        f"{file.relative_to(TESTS)}: {line.strip()}"
        for folder in (TESTS, TESTS.parent / "scripts")
        for file in folder.rglob("*.py")
        if "node_modules" not in file.parts
        for line in file.read_text("utf-8").splitlines()
        if re.match(r"\s*(from|import)\s.*\btest_\w+", line)
    ]
    assert found == []
