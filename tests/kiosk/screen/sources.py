"""What the code and the page say by key, found in their sources."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "kiosk" / "web" / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))

_SAYING = ("Phrase", "_say")


def keys_in_code() -> Iterator[tuple[str, str]]:
    """Every key that Python names: where, and the key. A part that is worked out is a `*`."""
    for path in sorted((ROOT / "kiosk").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and _name(node.func) in _SAYING:
                for key in _keys(node.args[0]):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", key


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _keys(argument: ast.expr) -> Iterator[str]:
    match argument:
        case ast.Constant(value=str(key)):
            yield key
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
        case ast.IfExp(body=body, orelse=other):
            yield from _keys(body)
            yield from _keys(other)


def keys_in_scripts() -> Iterator[tuple[str, str]]:
    """Every key that the page's scripts name, what stands for ${...} as `*`: whatever is said, and whatever is
    written as keys are, for it is said somewhere else."""
    for path in SCRIPTS:
        text = path.read_text("utf-8")
        for call in re.finditer(r"\bsay\(", text):
            for key in re.findall(r'(?<!=== )"(\w+)"|`([^`]+)`', _argument(text[call.end() :])):
                yield path.name, re.sub(r"\$\{[^}]*\}", "*", key[0] or key[1])
        for key in re.findall(r'"([a-z]+(?:_[a-z0-9]+)+)"', text):
            yield path.name, key


def _argument(text: str) -> str:
    """The first argument, of a call whose opening bracket has just been read."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character in "({[") - (character in ")}]")
        if depth < 0 or (depth == 0 and character == ","):
            return text[:at]
    return text


class Shell(HTMLParser):
    """The page as it is sent: the keys it names, and every text it has of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed((STATIC / "index.html").read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append((name, value or ""))
            if name.startswith("data-word"):
                self.keys.append(value or "")
            elif name in ("aria-label", "alt", "title", "placeholder", "aria-description"):
                self.texts.append(value or "")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
