"""The device's secret, and what it encrypts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.storage.vault import DeviceSecret, Vault
from sync.errors import KeyFileError, SealError
from tests.waiting import LIMIT_S

VAULT = Vault(bytes(range(32)))


def in_folder(folder: Path, **environment: str) -> DeviceSecret:
    return DeviceSecret.of(folder, environment)


def test_what_is_sealed_opens_and_never_looks_the_same() -> None:
    one, other = (VAULT.seal("shots", "siti/1", b"a face") for _ in range(2))
    assert one != other
    assert b"a face" not in one
    assert [VAULT.open("shots", "siti/1", sealed) for sealed in (one, other)] == [b"a face"] * 2


@pytest.mark.parametrize(("purpose", "row"), [("shots", "budi/1"), ("names", "siti/1"), ("shots\nsiti", "1")])
def test_it_opens_for_its_own_purpose_and_row_alone(purpose: str, row: str) -> None:
    sealed = VAULT.seal("shots", "siti/1", b"a face")
    with pytest.raises(SealError, match="was changed since it was encrypted"):
        VAULT.open(purpose, row, sealed)


def test_a_changed_byte_a_cut_and_another_secret_are_noticed() -> None:
    sealed = VAULT.seal("shots", "siti/1", b"a face")
    for changed in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:20], sealed[:3], b""):
        with pytest.raises(SealError):
            VAULT.open("shots", "siti/1", changed)
    with pytest.raises(SealError):
        Vault(bytes(32)).open("shots", "siti/1", sealed)


def test_each_purpose_has_its_own_key() -> None:
    """RFC 5869, so that another program with the secret can read what is kept."""

    sealed = VAULT.seal("people/vector", "siti/1", b"a face")
    key = HKDF(SHA256(), 32, None, b"senfie/v1/vault/key/people/vector").derive(bytes(range(32)))
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], b"people/vector\nsiti/1") == b"a face"


def test_a_secret_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    first = in_folder(tmp_path).unlock(None)
    file = tmp_path / "device.secret"
    secret = file.read_bytes()
    assert (len(secret), file.stat().st_mode & 0o777) == (32, 0o600)
    assert in_folder(tmp_path).unlock(first.check).check == first.check == in_folder(tmp_path).unlock(None).check
    assert file.read_bytes() == secret
    assert first.check not in secret


def test_a_secret_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    check = in_folder(tmp_path).unlock(None).check
    (tmp_path / "device.secret").unlink()
    with pytest.raises(
        KeyFileError, match=r"device\.secret is gone, and data is encrypted with it: restore its backup"
    ):
        in_folder(tmp_path).unlock(check)
    assert not list(tmp_path.iterdir())


def test_another_secret_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "device.secret"
    in_folder(tmp_path).unlock(None)
    before = file.read_bytes()
    with pytest.raises(KeyFileError, match="is not the one that the data here is encrypted with: restore its") as told:
        in_folder(tmp_path).unlock(VAULT.check)
    assert file.read_bytes() == before
    assert before.hex() not in str(told.value)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_secret_of_another_length_is_refused(tmp_path: Path, size: int) -> None:
    (tmp_path / "device.secret").touch(mode=0o600)
    (tmp_path / "device.secret").write_bytes(bytes(size))
    with pytest.raises(KeyFileError, match=f"has {size} bytes, not 32"):
        in_folder(tmp_path).unlock(None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_secret_that_others_may_touch_is_refused_with_what_mends_it(tmp_path: Path, mode: int) -> None:
    in_folder(tmp_path).unlock(None)
    file = tmp_path / "device.secret"
    file.chmod(mode)
    with pytest.raises(KeyFileError, match=f"others may read {file}: run: chmod 600 {file}"):
        in_folder(tmp_path).unlock(None)
    subprocess.run(str(in_message(tmp_path)).rpartition("run: ")[2].split(), check=True)
    in_folder(tmp_path).unlock(None)


def in_message(folder: Path) -> KeyFileError:
    with pytest.raises(KeyFileError) as told:
        in_folder(folder).unlock(None)
    return told.value


def test_a_credential_of_systemd_goes_before_the_file(tmp_path: Path) -> None:
    """A folder as systemd makes it, with a mode that shows the mask of an access list."""
    credentials, data = tmp_path / "credentials", tmp_path / "data"
    credentials.mkdir()
    data.mkdir()
    given = {"CREDENTIALS_DIRECTORY": str(credentials)}
    of_file = in_folder(data, **given).unlock(None)
    assert (data / "device.secret").exists(), "no credential of that name: the file is used"
    (credentials / "device-secret").write_bytes(os.urandom(32))
    (credentials / "device-secret").chmod(0o440)
    of_credential = in_folder(data, **given).unlock(None)
    assert of_credential.check != of_file.check
    (data / "device.secret").unlink()
    assert in_folder(data, **given).unlock(of_credential.check).check == of_credential.check
    assert not list(data.iterdir()), "nothing is made beside a credential"
    with pytest.raises(KeyFileError, match="needs the credential device-secret here too"):
        in_folder(data).unlock(of_credential.check)
    with pytest.raises(KeyFileError, match=f"{credentials}/device-secret is not the one"):
        in_folder(data, **given).unlock(of_file.check)


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kiosk.storage.vault import DeviceSecret; "
        "sys.stdin.readline(); print(DeviceSecret.of(Path(sys.argv[1]), {}).unlock(None).check.hex())"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipe = subprocess.PIPE
    children = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    checks = {child.communicate(timeout=LIMIT_S)[0] for child in children}
    assert len(checks) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["device.secret"]
