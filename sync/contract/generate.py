"""`python -m sync.contract.generate`: write the contract files anew, after a wire model changed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sync.contract.asyncapi import document
from sync.contract.example import example, markdown
from sync.contract.schemas import PUBLISHED

FOLDER: Final = Path(__file__).with_name("files")
PAGE: Final = Path(__file__).parents[2] / "docs" / "contract.md"
_VERSION: Final = "1"
_BEGIN, _END = "<!-- example: written by sync.contract.generate -->\n", "<!-- end of the example -->"


def generated() -> dict[Path, str]:
    """The text of every file that is made from the models."""
    documents: dict[str, Mapping[str, Any]] = {published.name: published.schema for published in PUBLISHED}
    documents |= {"asyncapi": document(_VERSION), "example": example()}
    before, _, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    files = {FOLDER / f"{name}.json": _text(content) for name, content in documents.items()}
    return files | {PAGE: f"{before}{_BEGIN}{markdown()}{_END}{after}"}


def main() -> None:
    """Write them, and remove those that are no more."""
    FOLDER.mkdir(exist_ok=True)
    fresh = generated()
    for old in FOLDER.iterdir():
        if old not in fresh:
            old.unlink()
    for path, text in fresh.items():
        path.write_text(text, "utf-8")


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
