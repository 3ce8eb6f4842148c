"""Every kind of source with its real program: pip on a local folder, npm on a local registry, HTTP on loopback."""

import base64
import hashlib
import io
import json
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.assets.sources import FolderSource, NpmSource, PypiSource, Source, UrlSource, WheelTags
from models.errors import FetchError
from tests.models.servers import FileServer, file_server

CONTENT = b"the asset"


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the only place from which pip is configured to take packages."""
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


def fetched(source: Source, folder: Path) -> tuple[bytes, list[int]]:
    reports: list[int] = []
    folder.mkdir()
    target = folder / "asset"
    source.fetch(target, lambda done, _total: reports.append(done))
    return target.read_bytes(), reports


def tar(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def put_wheel(folder: Path, platform: str) -> None:
    tag = f"cp311-cp311-{platform}"
    with zipfile.ZipFile(folder / f"pinned-1.2-{tag}.whl", "w") as wheel:
        wheel.writestr("pinned/asset", CONTENT + platform.encode())
        wheel.writestr("pinned-1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: pinned\nVersion: 1.2\n")
        wheel.writestr("pinned-1.2.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        wheel.writestr("pinned-1.2.dist-info/RECORD", "")


def pinned_wheel(platform: str) -> PypiSource:
    tags = WheelTags(python="3.11", abi="cp311", platform=platform)
    return PypiSource(kind="pypi", package="pinned", version="1.2", member="pinned/asset", archive_size=9, wheel=tags)


@pytest.mark.parametrize("platform", ["manylinux2014_x86_64", "manylinux2014_aarch64"])
def test_a_wheel_of_any_platform_is_fetched(wheelhouse: Path, tmp_path: Path, platform: str) -> None:
    for other in ("manylinux2014_x86_64", "manylinux2014_aarch64"):
        put_wheel(wheelhouse, other)
    content, _ = fetched(pinned_wheel(platform), tmp_path / "work")
    assert content == CONTENT + platform.encode()


def test_a_source_package_is_fetched_without_running_it(wheelhouse: Path, tmp_path: Path) -> None:
    """Neither setup.py nor a build dependency may be needed: pip has no index to get one from."""
    ran = tmp_path / "ran"
    setup = f"open({str(ran)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='a_sdist', version='3')\n"
    members = {"a_sdist-3/setup.py": setup.encode(), "a_sdist-3/data/asset": CONTENT}
    (wheelhouse / "a_sdist-3.tar.gz").write_bytes(tar(members))
    source = PypiSource(kind="pypi", package="a_sdist", version="3", member="a_sdist-3/data/asset", archive_size=9)
    assert fetched(source, tmp_path / "work")[0] == CONTENT
    assert not ran.exists()


def test_relative_paths_in_pips_configuration_hold(
    wheelhouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_wheel(wheelhouse, "manylinux2014_x86_64")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_FIND_LINKS", wheelhouse.name)
    assert fetched(pinned_wheel("manylinux2014_x86_64"), tmp_path / "work")[0].startswith(CONTENT)


@pytest.mark.usefixtures("wheelhouse")
def test_pips_own_complaint_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"No matching distribution found for pinned==1\.2"):
        fetched(pinned_wheel("manylinux2014_x86_64"), tmp_path / "work")


def test_a_python_without_pip_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(FetchError, match="No module named pip"):
        fetched(pinned_wheel("manylinux2014_x86_64"), tmp_path / "work")


def test_a_missing_member_is_named(wheelhouse: Path, tmp_path: Path) -> None:
    put_wheel(wheelhouse, "manylinux2014_x86_64")
    source = pinned_wheel("manylinux2014_x86_64").model_copy(update={"member": "pinned/other"})
    with pytest.raises(FetchError, match="has no member pinned/other"):
        fetched(source, tmp_path / "work")


def put_npm_package(server: FileServer) -> None:
    package = json.dumps({"name": "@scope/pinned", "version": "4.5.6"}).encode()
    packed = tar({"package/package.json": package, "package/models/asset": CONTENT})
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
    dist = {"tarball": f"{server.url}/pinned-4.5.6.tgz", "integrity": integrity}
    version = {"name": "@scope/pinned", "version": "4.5.6", "dist": dist}
    document = {"name": "@scope/pinned", "dist-tags": {"latest": "4.5.6"}, "versions": {"4.5.6": version}}
    server.files |= {"/@scope%2fpinned": json.dumps(document).encode(), "/pinned-4.5.6.tgz": packed}


NPM = NpmSource(kind="npm", package="@scope/pinned", version="4.5.6", member="package/models/asset", archive_size=9)


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_an_npm_package_is_fetched(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_npm_package(server)
    monkeypatch.setenv("npm_config_registry", server.url)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_update_notifier", "false")
    assert fetched(NPM, tmp_path / "work")[0] == CONTENT
    assert "/pinned-4.5.6.tgz" in server.asked


def test_a_missing_npm_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="npm is not installed"):
        fetched(NPM, tmp_path / "work")


def url(server: FileServer) -> UrlSource:
    return UrlSource.model_validate({"kind": "url", "url": f"{server.url}/asset"})


def test_a_url_is_fetched_and_reported(server: FileServer, tmp_path: Path) -> None:
    server.files["/asset"] = bytes(1_000_000)
    content, reports = fetched(url(server), tmp_path / "work")
    assert content == bytes(1_000_000)
    assert reports == sorted(reports)
    assert len(reports) > 1
    assert reports[-1] == 1_000_000


def test_a_broken_connection_is_an_error(server: FileServer, tmp_path: Path) -> None:
    server.files["/asset"], server.promised["/asset"] = CONTENT, 1000
    with pytest.raises(FetchError, match="ended before the whole file"):
        fetched(url(server), tmp_path / "work")


def test_an_absent_page_is_an_error(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="404"):
        fetched(url(server), tmp_path / "work")


def test_nobody_answering_is_an_error(tmp_path: Path) -> None:
    with file_server() as server:
        gone = url(server)
    with pytest.raises(FetchError, match="refused"):
        fetched(gone, tmp_path / "work")


def test_a_folder_without_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="No such file"):
        fetched(FolderSource(tmp_path, "asset"), tmp_path / "work")
