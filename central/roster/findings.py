"""What there is to say about a line of a roster. It names the line and the reason, never the number or the name."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from central.errors import UsageError


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something about one line of the file."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class RosterError(UsageError):
    """The file is not pushed. The message has every reason."""

    @classmethod
    def of(cls, file: Path, problems: Iterable[Finding]) -> "RosterError":
        """All the problems of a file."""
        found = sorted(problems)
        return cls("\n  ".join([f"{file.name}: nothing was pushed, {len(found)} to mend", *map(str, found)]))
