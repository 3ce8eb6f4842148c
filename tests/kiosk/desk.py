"""A folder with settings, and the command line that reads them. Each command is a process."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.lab.demo.broker import free_port
from tests import commands


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder with settings, and the command line that reads them."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "kiosk.toml"

    def run(self, *arguments: str, **environment: str) -> Done:
        variables = os.environ | {"KIOSK_CONFIG": str(self.config), "COLUMNS": "200"} | environment
        done = commands.run("kiosk", *arguments, cwd=self.folder, env=variables)
        assert "Traceback" not in done.stdout + done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def fails(self, code: int, words: str, *arguments: str, **environment: str) -> None:
        """It ends with `code`, says nothing on standard output, and one line of its own with these words."""
        done = self.run(*arguments, **environment)
        assert (done.code, done.out) == (code, ""), done
        (line,) = [line for line in done.err.splitlines() if not line.startswith(("listening at", "photo "))]
        assert line.startswith("kiosk: ")
        assert words in line


def desk_in(folder: Path, more: str = "") -> Desk:
    folder.joinpath("data").mkdir()
    folder.joinpath("kiosk.toml").write_text(
        f'[kiosk]\nid = "k-1"\nunit = "u-1"\ndata_dir = "{folder}/data"\n[site]\nlat = 0.5\nlon = 117.5\n'
        f"[broker]\nport = {free_port()}\n{more}"
    )
    return Desk(folder)
