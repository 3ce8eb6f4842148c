"""Where the shared test data lie, if they are here."""

from pathlib import Path


def shared(name: str) -> Path:
    """A folder of the shared test data, beside the checkout; it may not exist."""
    return Path(__file__).resolve().parents[1].parent / "shared" / name
