"""Checks that forged, changed and misplaced entries, and messages that are no entries, are not stored."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from central.conformance.bed import ConformanceCheck, TestBed
from central.judge import LARGEST
from sync.canonical import Document, canonical, load
from sync.chain import hash_entry, receipt_of
from sync.signing import SigningKey

_Forge = Callable[[TestBed, bytes], bytes]
"""Makes a forgery of the next entry of the test bed's first kiosk."""

_RUBBISH: Final = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"not JSON",
    b"null",
    b"[]",
    b"{}",
    b'{"seq":NaN}',
    b'{"seq":1e999}',
    b"9" * 10_000,
    b"[" * 50_000,
    b'{"a":' * 50_000,
)


def resealed(payload: bytes, key: SigningKey, **changes: Any) -> bytes:
    """Return a record with other content and a receipt code, hash and signature that fit it."""
    document = {**load(payload), **changes}
    document["body"] = {**document["body"], "receipt": receipt_of(document)}
    return _signed(document, key)


def _signed(document: Document, key: SigningKey) -> bytes:
    digest = hash_entry(document)
    return canonical({**document, "hash": digest, "sig": key.sign(digest)})


def _other_content(_bed: TestBed, payload: bytes) -> bytes:
    return payload.replace(b'"satellites":null', b'"satellites":9')


def _false_hash(bed: TestBed, payload: bytes) -> bytes:
    digest = hashlib.sha256(payload).hexdigest()
    return canonical({**load(payload), "hash": digest, "sig": bed.first.ledger.key.sign(digest)})


def _false_receipt(bed: TestBed, payload: bytes) -> bytes:
    document = load(payload)
    right = document["body"]["receipt"]
    body = {**document["body"], "receipt": "000-000" if right != "000-000" else "000-001"}
    return _signed({**document, "body": body}, bed.first.ledger.key)


def _anothers_key(bed: TestBed, payload: bytes) -> bytes:
    return _signed(load(payload), bed.second.ledger.key)


def _unsigned(_bed: TestBed, payload: bytes) -> bytes:
    return canonical({**load(payload), "sig": None})


def _unchained(bed: TestBed, payload: bytes) -> bytes:
    return resealed(payload, bed.first.ledger.key, prev="1" * 64)


def _unknown_field(bed: TestBed, payload: bytes) -> bytes:
    return resealed(payload, bed.first.ledger.key, surprise=1)


def _repeated_key(_bed: TestBed, payload: bytes) -> bytes:
    return payload.replace(b'"kind":"record"', b'"kind":"event","kind":"record"')


def _oversized(_bed: TestBed, payload: bytes) -> bytes:
    return payload + b" " * LARGEST


_FORGERIES: Final[dict[str, tuple[str, _Forge]]] = {
    "changed-content": ("An entry whose content was changed under its hash is not stored.", _other_content),
    "false-hash": ("An entry whose hash is signed but is not that of its content is not stored.", _false_hash),
    "false-receipt": ("A record whose receipt code is not that of its content is not stored.", _false_receipt),
    "anothers-key": ("An entry that is signed with another kiosk's key is not stored.", _anothers_key),
    "unsigned": ("An entry without a signature is not stored.", _unsigned),
    "unchained": ("An entry whose `prev` is not the hash of the one before is not stored.", _unchained),
    "unknown-field": ("An entry with a field that is not of the contract is not stored.", _unknown_field),
    "repeated-key": (
        "An entry that names a key twice is not stored: readers differ on which one holds.",
        _repeated_key,
    ),
    "oversized": (f"An entry of more than {LARGEST} bytes is not stored.", _oversized),
}


def _refused(forge: _Forge, bed: TestBed) -> str | None:
    (sound,) = bed.first.record()
    return _not_stored(bed, bed.first.topics.entry, forge(bed, sound.payload), sound.seq)


def _not_stored(bed: TestBed, topic: str, payload: bytes, seq: int) -> str | None:
    """Publish a forgery of the first kiosk's entry `seq`. Returns what is wrong when the server receipts it."""
    since = bed.mark
    bed.wire.send([(topic, payload)])  # the broker may refuse it, too
    if not bed.probed():
        return "after it the server receipts nothing any more"
    return "it is receipted" if bed.covers(bed.first, seq, since) else None


def wrong_topic(bed: TestBed) -> str | None:
    """An entry on the topic of another kiosk is not stored."""
    (sound,) = bed.first.record()
    return _not_stored(bed, bed.second.topics.entry, sound.payload, sound.seq)


def unknown_kiosk(bed: TestBed) -> str | None:
    """An entry of a kiosk that is not registered is not stored."""
    since, (entry,) = bed.mark, bed.stranger.record()
    bed.send(bed.stranger, [entry])
    if not bed.probed():
        return "after it the server receipts nothing any more"
    return "it is receipted" if bed.covers(bed.stranger, entry.seq, since) else None


def rubbish(bed: TestBed) -> str | None:
    """What is no entry at all does no harm."""
    since = bed.mark
    bed.wire.send((bed.first.topics.entry, payload) for payload in _RUBBISH)
    if not bed.probed():
        return "after it the server receipts nothing any more"
    return "it is receipted" if bed.covers(bed.first, bed.first.last + 1, since) else None


FORGERY: Final = (
    *(ConformanceCheck(name, about, partial(_refused, forge)) for name, (about, forge) in _FORGERIES.items()),
    *(ConformanceCheck.of(play) for play in (wrong_topic, unknown_kiosk, rubbish)),
)
