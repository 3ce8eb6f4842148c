"""The commands of the lab, which a device does not carry: loaded where it is installed, else they say how to get it."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

import typer

from kiosk.runtime.errors import UsageError

_COMMANDS: Final = {
    "demo": ("kiosk.lab.demo.command", "demo"),
    "evaluate": ("kiosk.lab.evaluation.command", "evaluate"),
    "evaluate-days": ("kiosk.lab.evaluation.command", "evaluate_days"),
    "calibrate": ("kiosk.lab.evaluation.command", "calibrate"),
    "pad-test": ("kiosk.lab.padtest.command", "pad_test"),
}
# The lab's code, and the packages of requirements/lab.in.
_PARTS: Final = ("kiosk.lab", "camera.synthetic", "matplotlib")
_ANY_ARGUMENTS: Final = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def add(app: typer.Typer, name: str) -> None:
    """Register a command of the lab. Where the lab is not installed, the command raises UsageError, whatever is asked.

    Such a command is left out of the help.
    """
    if _is_installed():
        module, function = _COMMANDS[name]
        app.command(name)(getattr(import_module(module), function))
    else:
        app.command(name, hidden=True, context_settings=dict(_ANY_ARGUMENTS))(_missing)


def load(module: str, what: str) -> ModuleType:
    """A module of the lab. UsageError, which names `what` was asked for, where the lab is not installed."""
    if not _is_installed():
        raise _error(what)
    return import_module(module)


def _is_installed() -> bool:
    return all(find_spec(part) for part in _PARTS)


def _missing(context: typer.Context) -> Any:
    raise _error(context.info_name or "this")


def _error(what: str) -> UsageError:
    return UsageError(f"{what} belongs to the lab, which is not installed here: get the sources and run scripts/setup")
