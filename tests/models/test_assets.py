"""The catalogue and the store: what is installed, what is refused, and the messages."""

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.assets import (
    Asset,
    AssetState,
    AssetStore,
    Catalogue,
    Choice,
    Progress,
    choose,
    default_folder,
    install_best,
    unavailable,
)
from models.assets.sources import UrlSource
from models.errors import AssetDamagedError, AssetError, AssetMissingError, ConversionError, FetchError
from tests.models.servers import FileServer, file_server

GOOD, BAD = b"what was pinned", b"something else"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


@pytest.fixture(autouse=True)
def no_offline_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIOSK_ASSETS", raising=False)


def asset(server: FileServer, *paths: str, name: str = "thing", content: bytes = GOOD, **changes: object) -> Asset:
    sources = [{"kind": "url", "url": server.url + path} for path in paths]
    entry = {
        "name": name,
        "purpose": "a test",
        "licence": "CC0-1.0",
        "file": f"{name}.bin",
        "sha256": sha256(content),
        "size": len(content),
        "default": True,
        "sources": sources,
    }
    return Asset.model_validate(entry | changes)


def store_of(tmp_path: Path, *assets: Asset, offline: Path | None = None) -> AssetStore:
    return AssetStore(tmp_path / "models", Catalogue(assets), offline=offline)


def left_behind(store: AssetStore) -> set[str]:
    return {path.name for path in store.folder.iterdir()} - {".lock"}


def test_the_shipped_catalogue_installs_and_verifies(store: AssetStore) -> None:
    states = {status.asset.name: status.state for status in store.verify()}
    assert set(states) >= set(store.catalogue.names(default_only=True))
    assert set(states.values()) == {AssetState.INSTALLED}


def test_an_asset_is_installed_once(server: FileServer, tmp_path: Path) -> None:
    server.files["/thing"] = GOOD
    store = store_of(tmp_path, asset(server, "/thing"))
    steps: list[Progress] = []
    for _ in range(2):
        store.install((), steps.append)
    assert store.path("thing").read_bytes() == GOOD
    assert server.asked == ["/thing"]
    assert steps[-1] == Progress("thing", "installed", len(GOOD), len(GOOD))
    assert Progress("thing", f"fetching from {server.url}/thing", len(GOOD), len(GOOD)) in steps


def test_only_defaults_are_installed_without_names(server: FileServer, tmp_path: Path) -> None:
    server.files |= {"/one": GOOD, "/two": BAD}
    extra = asset(server, "/two", name="extra", content=BAD, default=False)
    store = store_of(tmp_path, asset(server, "/one"), extra)
    store.install()
    assert [status.state for status in store.status()] == [AssetState.INSTALLED, AssetState.MISSING]
    assert [status.asset.name for status in store.verify()] == ["thing"]
    store.install(["extra"])
    assert [status.asset.name for status in store.verify()] == ["thing", "extra"]


def test_a_wrong_hash_names_both_and_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    server.files["/thing"] = BAD
    store = store_of(tmp_path, asset(server, "/thing"))
    with pytest.raises(FetchError) as caught:
        store.install()
    assert sha256(GOOD) in str(caught.value)
    assert sha256(BAD) in str(caught.value)
    assert left_behind(store) == set()


def test_sources_are_tried_in_order(server: FileServer, tmp_path: Path) -> None:
    server.files |= {"/bad": BAD, "/good": GOOD, "/never": GOOD}
    store = store_of(tmp_path, asset(server, "/absent", "/bad", "/good", "/never"))
    steps: list[Progress] = []
    store.install((), steps.append)
    assert server.asked == ["/absent", "/bad", "/good"]
    assert any("404" in step.step for step in steps), "a source that failed is mentioned"


def test_when_all_sources_fail_each_reason_is_listed(server: FileServer, tmp_path: Path) -> None:
    server.files["/bad"] = BAD
    brought = tmp_path / "brought"
    with pytest.raises(FetchError) as caught:
        store_of(tmp_path, asset(server, "/absent", "/bad"), offline=brought).install()
    lines = str(caught.value).splitlines()
    assert lines[0] == "no source gave asset thing:"
    expected = [(str(brought), "No such file"), ("/absent", "404"), ("/bad", sha256(BAD))]
    assert len(lines) == 1 + len(expected)
    for line, (source, reason) in zip(lines[1:], expected, strict=True):
        assert source in line
        assert reason in line


def test_the_offline_folder_comes_first(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/thing"] = GOOD
    (tmp_path / "thing.bin").write_bytes(GOOD)
    monkeypatch.setenv("KIOSK_ASSETS", str(tmp_path))
    store = store_of(tmp_path, asset(server, "/thing"))
    store.install()
    assert (store.path("thing").read_bytes(), server.asked) == (GOOD, [])


def test_a_missing_asset_says_how_to_get_it(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(AssetMissingError, match="kiosk models install thing"):
        store_of(tmp_path, asset(server)).path("thing")


def test_a_damaged_asset_is_refused_and_repaired(server: FileServer, tmp_path: Path) -> None:
    server.files["/thing"] = GOOD
    described = asset(server, "/thing")
    store = store_of(tmp_path, described)
    store.install()
    (store.folder / "thing.bin").write_bytes(GOOD[::-1])
    assert store.verify()[0].state is AssetState.DAMAGED
    with pytest.raises(AssetDamagedError, match=f"{sha256(GOOD[::-1])}, expected {sha256(GOOD)}"):
        store.path("thing")
    store.install()
    assert store.path("thing").read_bytes() == GOOD


def test_what_an_interrupted_installation_left_is_cleared(server: FileServer, tmp_path: Path) -> None:
    server.files["/thing"] = GOOD
    store = store_of(tmp_path, asset(server, "/thing"))
    half_done = store.folder / ".thing"
    half_done.mkdir(parents=True)
    (half_done / "thing.bin").write_bytes(GOOD[:3])
    store.install()
    assert left_behind(store) == {"thing.bin"}


def test_the_old_file_stays_until_the_new_one_is_whole(server: FileServer, tmp_path: Path) -> None:
    """At every report of an update the file must be the whole old one or the whole new one."""
    new = GOOD * 200_000
    server.files |= {"/old": GOOD, "/new": new}
    store_of(tmp_path, asset(server, "/old")).install()
    store = store_of(tmp_path, asset(server, "/new", content=new))
    seen: list[bytes] = []
    store.install((), lambda _: seen.append((store.folder / "thing.bin").read_bytes()))
    assert len(seen) > 3
    assert set(seen) == {GOOD, new}


def test_two_installers_do_not_disturb_each_other(server: FileServer, tmp_path: Path) -> None:
    server.files["/thing"] = GOOD * 100_000
    described = asset(server, "/thing", content=GOOD * 100_000)
    installers = [threading.Thread(target=store_of(tmp_path, described).install) for _ in range(4)]
    for installer in installers:
        installer.start()
    for installer in installers:
        installer.join()
    store = store_of(tmp_path, described)
    assert store.verify()[0].state is AssetState.INSTALLED
    assert server.asked == ["/thing"]
    assert left_behind(store) == {"thing.bin"}


def test_a_folder_that_cannot_be_written_is_told(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder belongs")
    with pytest.raises(AssetError, match=r"cannot install into .*models: File exists"):
        store_of(tmp_path, asset(server)).install()


def derived(server: FileServer) -> Asset:
    origin = {"source": ["thing"], "converter": "dlib-resnet", "precision": "float32"}
    return asset(server, name="made", derived=origin, default=False)


def test_a_conversion_of_the_wrong_thing_fails_plainly(server: FileServer, tmp_path: Path) -> None:
    server.files["/thing"] = GOOD
    store = store_of(tmp_path, asset(server, "/thing"), derived(server))
    with pytest.raises(ConversionError, match="not a dlib face network"):
        store.install(["made"])
    assert left_behind(store) == {"thing.bin"}


def test_a_conversion_is_held_to_its_hash(store: AssetStore, server: FileServer, tmp_path: Path) -> None:
    source = store.catalogue["dlib-resnet-v1-weights"].model_copy(update={"name": "thing"})
    other = store_of(tmp_path, source, derived(server), offline=store.folder)
    with pytest.raises(AssetDamagedError, match=f"expected {sha256(GOOD)}"):
        other.install(["made"])
    assert left_behind(other) == {source.file}


def described(dimension: int = 8) -> dict[str, object]:
    return {"size": 150, "colour": "rgb", "alignment": "dlib", "dimension": dimension}


def embedders(server: FileServer, tmp_path: Path) -> AssetStore:
    """Three embedders, each a file of the server's that may be there or not."""
    made = [
        asset(server, f"/{name}", name=name, default=False, trained_on="a test", embedder=described())
        for name in ("one", "two", "last")
    ]
    return store_of(tmp_path, *made)


BEST_FIRST = ("one+two", "one", "two", "last")


@pytest.mark.parametrize(
    ("there", "used", "missing"),
    [
        (("one", "two", "last"), ("one", "two"), ()),
        (("one", "last"), ("one",), ("two",)),
        (("two", "last"), ("two",), ("one",)),
        (("last",), ("last",), ("one", "two")),
    ],
)
def test_the_best_that_can_be_had_is_installed_and_nothing_beyond_it(
    server: FileServer, tmp_path: Path, there: tuple[str, ...], used: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    server.files |= {f"/{name}": GOOD for name in there}
    store = embedders(server, tmp_path)
    failed = install_best(store, BEST_FIRST)
    assert choose(store, BEST_FIRST) == Choice(used, missing)
    assert tuple(failed) == missing
    assert {status.asset.name for status in store.verify()} == set(used), "what is not needed is not fetched"
    for name in missing:
        said = unavailable(store, name, failed[name])
        assert said.startswith(f"{name} cannot be had: ")
        assert f"/{name}: HTTPError" in said
        assert said.endswith(f"put {name}.bin into a folder, then: KIOSK_ASSETS=FOLDER kiosk models install")


def test_without_any_embedder_every_reason_is_told(server: FileServer, tmp_path: Path) -> None:
    store = embedders(server, tmp_path)
    with pytest.raises(FetchError, match="no embedder can be had") as caught:
        install_best(store, BEST_FIRST)
    assert [str(caught.value).count(f"\n{name} cannot be had") for name in ("one", "two", "last")] == [1, 1, 1]
    with pytest.raises(AssetMissingError, match=r"wanted: one\+two, else one, else two, else last; run: kiosk models"):
        choose(store, BEST_FIRST)


def test_what_the_settings_leave_out_is_not_used_though_it_is_there(server: FileServer, tmp_path: Path) -> None:
    server.files |= {"/one": GOOD, "/two": GOOD}
    store = embedders(server, tmp_path)
    install_best(store, BEST_FIRST)
    assert choose(store, ["two", "last"]) == Choice(("two",), ())


def test_an_embedder_says_what_it_was_trained_on(server: FileServer) -> None:
    with pytest.raises(ValueError, match="trained_on"):
        asset(server, "/thing", embedder=described())


def test_an_unknown_name_is_answered_with_the_known_ones(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="no asset 'thin'; there are: thing"):
        store_of(tmp_path, asset(server)).install(["thin"])


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ('[thing]\nfile = "a"', r"thing\.purpose: Field required"),
        ("[thing", "Expected ']'"),
        ('thing = "text"', "thing"),
        ("[thing]\ncolour = 1", r"thing\.colour: Extra inputs"),
        ("[Thing]", "Thing"),
        ('[thing]\nlicence = "l"\npurpose = "p"\nfile = "f"', r"thing\.sha256: Field required"),
    ],
)
def test_a_wrong_catalogue_names_file_and_entry(tmp_path: Path, entry: str, complaint: str) -> None:
    path = tmp_path / "list.toml"
    whole = 'purpose = "p"\nlicence = "l"\nfile = "f"\nsize = 1\ndefault = true\n'
    path.write_text(entry + "\n" + (f'{whole}sha256 = "{sha256(GOOD)}"' if "colour" in entry else ""))
    with pytest.raises(AssetError, match=f"list.toml is wrong: .*{complaint}"):
        Catalogue.load(path)


def test_a_catalogue_must_derive_from_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    entry = f'purpose = "p"\nlicence = "l"\nfile = "f"\nsize = 1\ndefault = true\nsha256 = "{sha256(GOOD)}"\n'
    origin = 'derived = { source = ["absent"], converter = "dlib-resnet", precision = "float32" }'
    path.write_text(f"[thing]\n{entry}{origin}")
    with pytest.raises(AssetError, match="derived from absent, which is not a fetched asset"):
        Catalogue.load(path)


def test_the_folder_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIOSK_MODELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/kiosk")
    assert default_folder() == Path("/var/cache/kiosk/senfie-kiosk/models")
    monkeypatch.setenv("KIOSK_MODELS", "/srv/models")
    assert default_folder() == Path("/srv/models")
    monkeypatch.delenv("KIOSK_MODELS")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_folder() == Path.home() / ".cache/senfie-kiosk/models"


def test_urls_other_than_the_webs_are_refused() -> None:
    with pytest.raises(ValueError, match="URL scheme should be 'http' or 'https'"):
        UrlSource.model_validate({"kind": "url", "url": f"file://{os.devnull}"})
