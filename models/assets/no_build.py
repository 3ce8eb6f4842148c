"""A build backend (PEP 517) that builds nothing, so that pip can download a source package without running its code.

pip asks every source package for its metadata before it keeps the file. A copy of this module stands in for
`setuptools.build_meta` in that question and answers with the name and version that were asked for.
It runs outside this program, in pip's own process: standard library only.
"""

import os
from pathlib import Path

NAME_VARIABLE = "KIOSK_SDIST_NAME"
VERSION_VARIABLE = "KIOSK_SDIST_VERSION"


class _Backend:
    def prepare_metadata_for_build_wheel(self, directory: str, _settings: object = None) -> str:
        name, version = os.environ[NAME_VARIABLE], os.environ[VERSION_VARIABLE]
        folder = Path(directory) / f"{name}-{version}.dist-info"
        folder.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        (folder / "METADATA").write_text(metadata, encoding="utf-8")
        return folder.name


__legacy__ = _Backend()
prepare_metadata_for_build_wheel = __legacy__.prepare_metadata_for_build_wheel
