"""Runs commands of `kiosk` and `kiosk-central` to their end, each in a process of its own.

Their imports cost two seconds of processor, and the tests run hundreds of commands. So a server imports them once and
forks for each command; a test process starts one server, with its first command, and runs one command at a time.
"""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args

Program = Literal["kiosk", "central"]
Done = subprocess.CompletedProcess[str]


def run(
    program: Program, *words: str, cwd: Path, env: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing on its standard input; what it wrote and its exit code, negative for a signal."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        order = {
            "program": program,
            "words": words,
            "cwd": str(cwd),
            "env": dict(env),
            "out": str(out),
            "err": str(err),
        }
        code = _server().ask(order)
        return subprocess.CompletedProcess([program, *words], code, out.read_text("utf-8"), err.read_text("utf-8"))


def server_pid() -> int | None:
    """The server's process id; None before the first command."""
    return _server().pid if _server.cache_info().currsize else None


class _Server:
    """The end of a server's pipes that asks it for commands."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", __name__]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._lock = threading.Lock()
        self.pid = self._child.pid
        atexit.register(self._close)

    def ask(self, order: Mapping[str, object]) -> int:
        assert self._child.stdin
        assert self._child.stdout
        with self._lock:
            self._child.stdin.write(json.dumps(order) + "\n")
            self._child.stdin.flush()
            return int(self._child.stdout.readline())

    def _close(self) -> None:
        self._child.communicate()


_server = cache(_Server)


def _serve() -> None:
    """Fork for each order, wait for its end and say its exit code. The fork ends with its command."""
    mains = {program: import_module(f"{program}.cli").main for program in get_args(Program)}
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        if (pid := os.fork()) == 0:
            _become(order)
            _end(mains[order["program"]])
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _become(order: Mapping[str, Any]) -> None:
    """Take on a command's place, environment, words and files."""
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = [order["program"], *order["words"]]
    files = [
        os.open(os.devnull, os.O_RDONLY),
        *(os.open(order[name], os.O_WRONLY | os.O_CREAT) for name in ("out", "err")),
    ]
    for wanted, file in enumerate(files):
        os.dup2(file, wanted)
        os.close(file)


def _end(main: Callable[[], None]) -> NoReturn:
    """Run a command and end as the interpreter does, without its second of tidying up what the server imported."""
    code: str | int | None = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _serve()
