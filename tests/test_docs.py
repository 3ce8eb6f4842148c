"""The documentation names only what is there: paths, links, and a length that can be read in one go."""

import re
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[1]
PAGES = [
    *(HOUSE / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((HOUSE / "docs").rglob("*.md")),
]
FOLDERS = "camera|central|docs|kiosk|models|requirements|scripts|sync|systemd|tests"
"""Where paths of the repository begin. Paths of a device or of somebody's home begin elsewhere."""

_PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*|[\w.-]+(?:/[\w.-]+)+\.(?:py|sql|cfg|js|css)")
_MADE_LATER = re.compile(r"docs/adr/NNNN-subject\.md")
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _paths(page: Path) -> Iterator[str]:
    for code in re.findall(r"`([^`\n]+)`", _prose(page)):
        word = code.split()[0]
        if _PATH.fullmatch(word) and not _MADE_LATER.fullmatch(word):
            yield word


def _is_there(path: str) -> bool:
    return (HOUSE / path).exists() or (HOUSE / "kiosk/web/static" / path).exists()


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the usual hosts make them."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_path_that_is_named_is_there() -> None:
    missing = [f"{page.relative_to(HOUSE)}: {path}" for page in PAGES for path in _paths(page) if not _is_there(path)]
    assert missing == []


def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        for link in _LINK.findall(_prose(page)):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = page.parent / name if name else page
            if not target.exists() or (anchor and anchor not in _anchors(target)):
                broken.append(f"{page.relative_to(HOUSE)}: {link}")
    assert broken == []


def test_the_architecture_is_one_page() -> None:
    assert len((HOUSE / "docs" / "architecture.md").read_text("utf-8").splitlines()) <= 120
