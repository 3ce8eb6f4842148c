"""A worked example for authors of other servers or kiosks: one entry and its receipt, step by step."""

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Final, TypedDict

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.canonical import Document, canonical
from sync.chain import GENESIS, hash_entry, receipt_of
from sync.contract.entry import ClockStamp, RecordEntry
from sync.contract.record import Match, Place, RecordBody
from sync.documents.envelope import sign
from sync.documents.receipt import Receipt
from sync.signing import SigningKey

# The secret keys of RFC 8032, section 7.1, tests 1 and 2: published, so usable for examples only.
_KIOSK_KEY: Final = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
_SERVER_KEY: Final = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"


class Example(TypedDict):
    """The result of each step; keys and signatures in base64url, digests in hexadecimal."""

    kiosk_key: str
    without_receipt: str
    without_receipt_sha256: str
    receipt_code: str
    hashed: str
    hash: str
    sig: str
    entry: str
    server_key: str
    answer_signed: str
    answer_sha256: str
    answer: str


def example() -> Example:
    """Return the steps from a record's content to the server's receipt."""
    kiosk, server = _key(_KIOSK_KEY), _key(_SERVER_KEY)
    record = _record().model_dump(mode="json", exclude={"hash", "sig"})
    bare = {**record, "body": {name: value for name, value in record["body"].items() if name != "receipt"}}
    content = {**bare, "body": {**bare["body"], "receipt": receipt_of(record)}}
    digest = hash_entry(content)
    sig = kiosk.sign(digest)
    receipt = Receipt(kiosk=content["kiosk"], unit=content["unit"], through_seq=1)
    said = receipt.model_dump(mode="json", exclude={"sig"})
    return Example(
        kiosk_key=kiosk.public.text,
        without_receipt=_text(bare),
        without_receipt_sha256=hash_entry(bare),
        receipt_code=content["body"]["receipt"],
        hashed=_text(content),
        hash=digest,
        sig=sig,
        entry=_text({**content, "hash": digest, "sig": sig}),
        server_key=server.public.text,
        answer_signed=_text(said),
        answer_sha256=hashlib.sha256(canonical(said)).hexdigest(),
        answer=sign(receipt, server).decode(),
    )


def markdown() -> str:
    """Return the example as Markdown."""
    steps = example()
    return "\n".join(
        (
            f"The kiosk's public key: `{steps['kiosk_key']}`. The entry without `hash`, `sig` and `body.receipt`:",
            _block(steps["without_receipt"]),
            f"Its SHA-256 is `{steps['without_receipt_sha256']}`. The first 30 bits give the receipt code "
            f"`{steps['receipt_code']}`. With it, the entry without `hash` and `sig` is what is hashed:",
            _block(steps["hashed"]),
            f"`hash` is `{steps['hash']}`. `sig` signs these 64 characters: `{steps['sig']}`. What is sent:",
            _block(steps["entry"]),
            f"The server's public key: `{steps['server_key']}`. The server signs its answer without `sig`:",
            _block(steps["answer_signed"]),
            f"The SHA-256 is `{steps['answer_sha256']}`, and `sig` signs these 64 characters. What is sent:",
            _block(steps["answer"]),
        )
    )


def _record() -> RecordEntry:
    place = Place(
        lat=0.504889,
        lon=117.546295,
        error_m=4.1,
        source="gnss",
        fix_age_s=0.4,
        satellites=9,
        from_site_m=6.2,
        inside=True,
    )
    return RecordEntry(
        kiosk="lobby",
        unit="sangatta-utara",
        seq=1,
        id="019b8bb4-c1d4-7000-8000-000000000001",
        at=datetime(2026, 1, 5, 7, 28, 3, 412_000, timezone(timedelta(hours=8))),
        clock=ClockStamp(source="gnss", uncertainty_s=0.05, boot_id="boot-1", monotonic_s=5123.77),
        body=RecordBody(
            person="3f2a7c1e-0000-4000-8000-000000000042",
            session="in",
            method="face",
            stage="trial",
            decree=None,
            place=place,
            match=Match(score=0.71, threshold=0.58, margin=0.22, frames=5, model="dlib-resnet-v1", gallery=214),
            source="camera",
            receipt="000-000",
        ),
        prev=GENESIS,
        hash=GENESIS,
    )


def _key(secret: str) -> SigningKey:
    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))


def _text(document: Document) -> str:
    return canonical(document).decode()


def _block(text: str) -> str:
    return f"\n```\n{text}\n```\n"
