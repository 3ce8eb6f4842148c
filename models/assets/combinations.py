"""Combinations of embedders, the best first: which one is used, and how the best that can be had is installed.

A combination names its members, `first+second`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.assets.sources import Report
from models.assets.store import AssetStore
from models.errors import AssetMissingError, FetchError


@dataclass(frozen=True, slots=True)
class Choice:
    """The combination that is used: its members, and the members of the best combination that are not installed."""

    members: tuple[str, ...]
    missing: tuple[str, ...]


def members_of(combination: str) -> tuple[str, ...]:
    """The names of its assets."""
    return tuple(combination.split("+"))


def choose(store: AssetStore, combinations: Sequence[str]) -> Choice:
    """The first combination that is wholly installed. Raises AssetMissingError when none is."""
    for combination in combinations:
        members = members_of(combination)
        if all(store.has(name) for name in members):
            return Choice(members, tuple(name for name in members_of(combinations[0]) if not store.has(name)))
    raise AssetMissingError(
        f"no embedder is installed in {store.folder}; wanted: {', else '.join(combinations)}; run: kiosk models install"
    )


def install_best(
    store: AssetStore, combinations: Sequence[str], report: Report = lambda _: None
) -> dict[str, FetchError]:
    """Install the first combination that can be had whole; returns the errors of the assets that could not, by name.

    Raises FetchError with the reasons when no combination can be had.
    """
    failed: dict[str, FetchError] = {}
    for combination in combinations:
        members = members_of(combination)
        for name in members:
            if name not in failed:
                try:
                    store.install([name], report)
                except FetchError as error:
                    failed[name] = error
        if not failed.keys() & set(members):
            return failed
    raise FetchError("no embedder can be had\n" + "\n".join(unavailable(store, *item) for item in failed.items()))


def unavailable(store: AssetStore, name: str, error: FetchError) -> str:
    """Why an asset could not be had, and how to bring it by hand, as lines for a person."""
    asset = store.catalogue[name]
    files = [store.catalogue[source].file for source in asset.derived.source] if asset.derived else [asset.file]
    return (
        f"{name} cannot be had: {error}\n"
        f"  or put {' and '.join(files)} into a folder, then: KIOSK_ASSETS=FOLDER kiosk models install"
    )
