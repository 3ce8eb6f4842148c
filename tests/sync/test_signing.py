"""The device's key, changes that its signatures reveal, and entries from before there were signatures."""

import json
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.chain import Link, hash_entry, seal, verify
from sync.errors import KeyFileError
from sync.ledger import Ledger
from sync.signing import PublicKey, SigningKey
from tests.sync.helpers import KEY, KIOSK, UNIT, record

OLD = Path(__file__).with_name("old")


def chain(length: int = 5) -> list[bytes]:
    payloads, end = [], Link()
    for number in range(length):
        payloads.append(seal(record(f"p-{number}"), KIOSK, UNIT, end, KEY))
        end = Link(number + 1, json.loads(payloads[-1])["hash"])
    return payloads


def rewritten(payload: bytes, key: SigningKey | None = None, **changes: object) -> bytes:
    """Return the entry with other content and a hash that fits it, signed by `key` if there is one."""
    document = {**json.loads(payload), **changes}
    document["hash"] = hash_entry(document)
    if key is not None:
        document["sig"] = key.sign(document["hash"])
    return json.dumps(document).encode()


def test_a_key_is_kept_for_its_owner_alone_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    KEY.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.load(path).public.text == KEY.public.text
    assert [item.name for item in tmp_path.iterdir()] == ["device.key"]


def test_a_key_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    KEY.save(path)
    with pytest.raises(KeyFileError, match="exists"):
        SigningKey.make().save(path)
    assert SigningKey.load(path).public.text == KEY.public.text
    assert [item.name for item in tmp_path.iterdir()] == ["device.key"]


def test_the_public_half_is_read_from_both_its_forms(tmp_path: Path) -> None:
    for text in (KEY.public.text, KEY.public.pem):
        file = tmp_path / "public"
        file.write_text(text)
        assert PublicKey.load(file).signed("ab" * 32, KEY.sign("ab" * 32))
        assert not PublicKey.load(file).signed("cd" * 32, KEY.sign("ab" * 32))


@pytest.mark.parametrize("text", ["", "short", "é", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_refused_with_the_file_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "public"
    file.write_text(text, "utf-8")
    with pytest.raises(KeyFileError, match="public"):
        PublicKey.load(file)
    with pytest.raises(KeyFileError, match="restore"):
        SigningKey.load(file)


def test_another_program_verifies_the_signature(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    document = json.loads(chain(1)[0])
    (tmp_path / "key").write_text(KEY.public.pem)
    (tmp_path / "hash").write_text(document["hash"])
    decode = ["basenc", "--base64url", "-d"]
    raw = subprocess.run(decode, input=document["sig"].encode() + b"==", capture_output=True, check=True).stdout
    (tmp_path / "sig").write_bytes(raw)
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "hash", "-sigfile", "sig"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_sound_chain_is_sound() -> None:
    report = verify(chain(), KEY.public)
    assert report.sound
    assert (report.entries, report.unsigned) == (5, 0)


@pytest.mark.parametrize(
    "forge",
    [
        lambda last: rewritten(last, at="2026-01-05T07:00:00.000+08:00"),
        lambda last: rewritten(last, SigningKey.make()),
        lambda last: json.dumps({k: v for k, v in json.loads(last).items() if k != "sig"}).encode(),
        lambda last: json.dumps({**json.loads(last), "sig": "A" * 86}).encode(),
        lambda last: json.dumps({**json.loads(last), "sig": 7}).encode(),
    ],
)
def test_a_forged_entry_is_found_though_its_hash_fits(forge: Callable[[bytes], bytes]) -> None:
    *sound, last = chain()
    report = verify([*sound, forge(last)], KEY.public)
    assert "signature" in {finding.problem for finding in report.findings}


def test_another_kiosks_key_verifies_nothing() -> None:
    report = verify(chain(), SigningKey.make().public)
    assert [finding.problem for finding in report.findings] == ["signature"] * 5


def old_ledger(folder: Path) -> Path:
    """A ledger from before there were signatures: four entries, two of them at the broker."""
    for suffix in ("db", "head"):
        shutil.copy(OLD / f"ledger-001.{suffix}", folder / f"ledger.{suffix}")
    return folder / "ledger.db"


def test_a_ledger_from_before_signatures_goes_on_signed_and_is_sound(tmp_path: Path) -> None:
    with Ledger(old_ledger(tmp_path), KIOSK, UNIT) as ledger:
        counts = ledger.counts()
        assert (counts.last_seq, counts.unsent, counts.waiting, counts.receipted) == (4, 2, 4, 0)
        before = [stored.payload for stored in ledger.stored()]
        assert not any(b'"sig"' in payload for payload in before)
        assert ledger.append(record()).sig is not None
        report = ledger.verify()
        assert report.sound
        assert (report.entries, report.unsigned) == (5, 4)
        # The first signed entry vouches for all before it, so that none of them can be changed any more.
        last = list(ledger.stored())[-1].payload
    changed = verify([rewritten(before[0], kiosk="gate"), *before[1:], last], KEY.public)
    assert {finding.problem for finding in changed.findings} >= {"prev"}


def test_a_key_that_is_gone_or_another_is_an_error_and_nothing_is_overwritten(tmp_path: Path) -> None:
    path, key = tmp_path / "ledger.db", tmp_path / "device.key"
    with Ledger(path, KIOSK, UNIT) as ledger:
        for _ in range(4):
            ledger.append(record())
    mine = key.read_bytes()
    key.unlink()
    with pytest.raises(KeyFileError, match="gone"):
        Ledger(path, KIOSK, UNIT).open()
    assert not key.exists()
    SigningKey.make().save(key)
    other = key.read_bytes()
    with pytest.raises(KeyFileError, match="not the one"):
        Ledger(path, KIOSK, UNIT).open()
    assert key.read_bytes() == other
    key.write_bytes(mine)
    with Ledger(path, KIOSK, UNIT) as again:
        assert again.verify().sound
