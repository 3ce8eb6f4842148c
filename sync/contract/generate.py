"""`python -m sync.contract.generate`: write the contract files anew, after a wire model changed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sync.contract.asyncapi import document
from sync.contract.schemas import PUBLISHED

FOLDER: Final = Path(__file__).with_name("files")
_VERSION: Final = "1"


def files() -> dict[str, str]:
    """The text of every contract file, by its name."""
    documents = {published.name: published.schema for published in PUBLISHED} | {"asyncapi": document(_VERSION)}
    return {f"{name}.json": _text(content) for name, content in documents.items()}


def main() -> None:
    """Write them, and remove those that are no more."""
    FOLDER.mkdir(exist_ok=True)
    fresh = files()
    for old in FOLDER.glob("*.json"):
        if old.name not in fresh:
            old.unlink()
    for name, text in fresh.items():
        (FOLDER / name).write_text(text, "utf-8")


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
