"""The hash chain: what the digests of an entry cover, and how anyone can check them. No I/O.

A digest covers a *document*, the JSON object as it stands, never a model read from it. Its bytes are the canonical JSON
of RFC 8785, so any writer's spacing and key order give the same digest.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from uuid_utils import uuid7

from sync.canonical import Document, canonical, load
from sync.contract.device import LedgerSalvaged, SeqRange
from sync.contract.entry import Draft, parse_entry
from sync.contract.fields import check_instant, rfc3339
from sync.errors import ContractError
from sync.signing import PublicKey, SigningKey

GENESIS: Final = "0" * 64
"""`prev` of the first entry of a kiosk."""

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NOT_HASHED: Final = frozenset({"hash", "sig"})


def hash_entry(document: Document) -> str:
    """SHA-256, in hexadecimal, of the canonical entry without `hash` and `sig`."""
    return _sha256(_content(document))


def receipt_of(document: Document) -> str:
    """Return the receipt code of a record: six characters that are computed from the whole content of its entry.

    `hash` covers the body, and the receipt lies in the body, so it cannot come from `hash` itself. It is the first 30
    bits of `hash_entry` of the same entry without `body.receipt`, as two groups of three in Crockford's base 32.
    Whoever holds the entry can compute it again; `hash` and the signature then cover it like everything else.
    """
    body = {k: v for k, v in document["body"].items() if k != "receipt"}
    return _receipt(hash_entry({**document, "body": body}))


Problem = Literal["unreadable", "hash", "receipt", "signature", "order", "gap", "prev"]


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """One thing that is wrong with a chain. `seq` is None when the entry cannot be read; `missing` is the range of a
    gap, None for other problems."""

    seq: int | None
    problem: Problem
    text: str
    missing: SeqRange | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The end of a chain so far: the last sequence number and hash, (0, GENESIS) before the first entry."""

    seq: int = 0
    hash: str = GENESIS


def seal(draft: Draft, kiosk: str, unit: str, after: Link, key: SigningKey) -> bytes:
    """Make the entry that follows `after`: the canonical JSON that is stored and sent, byte for byte.

    Raises:
        ContractError: the draft cannot be an entry (no offset in `at`, an instant before 1970).
    """
    at = check_instant(draft.moment.at)
    body = draft.body.model_dump(mode="json")
    document = {
        "v": 1,
        "kiosk": kiosk,
        "unit": unit,
        "seq": after.seq + 1,
        "id": str(uuid7(nanoseconds=round(at.timestamp() * 1000) * 1_000_000)),
        "kind": draft.kind,
        "at": rfc3339(at),
        "clock": draft.moment.clock.model_dump(mode="json"),
        "body": {**body, "receipt": ""} if draft.kind == "record" else body,
        "prev": after.hash,
        "hash": "",
        "sig": "",
    }
    # The canonical JSON is written once, for speed. Each computed value then fills the empty string of its member.
    # Nothing else in an entry has an empty member of these names.
    whole = canonical(document)
    if draft.kind == "record":
        whole = _fill(whole, receipt=_receipt(_sha256(_cut(whole, "hash", "sig", "receipt"))))
    digest = _sha256(_cut(whole, "hash", "sig"))
    return _fill(whole, hash=digest, sig=key.sign(digest))


def check_entry(document: Document) -> Iterator[ChainFinding]:
    """Yield what is wrong with one entry by itself: its digest, or its receipt code."""
    try:
        seq, claimed, body = int(document["seq"]), document["hash"], document["body"]
        content = _content(document)
        digest = _sha256(content)
        receipt = _receipt_in(content, document) if document["kind"] == "record" else None
    except (KeyError, TypeError, ValueError, AttributeError, ContractError) as error:
        yield ChainFinding(None, "unreadable", f"an entry cannot be read: {error!r}")
        return
    if digest != claimed:
        yield ChainFinding(seq, "hash", f"entry {seq} says hash {claimed}, its content gives {digest}")
    elif receipt is not None and body.get("receipt") != receipt:
        yield ChainFinding(
            seq, "receipt", f"entry {seq} says receipt {body.get('receipt')}, its content gives {receipt}"
        )


def check_signature(document: Document, key: PublicKey, needed: bool = True) -> Iterator[ChainFinding]:
    """Yield what is wrong with the signature of an entry whose digest is right. Only where a signature is `needed` is
    it wrong to have none."""
    seq, sig = int(document["seq"]), document.get("sig")
    if sig is None:
        if needed:
            yield ChainFinding(seq, "signature", f"entry {seq} has no signature")
    elif not key.signed(str(document["hash"]), str(sig)):
        yield ChainFinding(seq, "signature", f"entry {seq} is not signed with this kiosk's key")


def verify_chain(
    payloads: Iterable[bytes], after: Link = Link(), key: PublicKey | None = None
) -> Iterator[ChainFinding]:
    """Check each entry by itself and against the one before it, and yield what is wrong.

    Entries from before there were signatures have none, and the first signed one vouches for them through the chain.
    After it, an entry without a signature is wrong.

    Args:
        payloads: the entries as JSON, in the order of their sequence.
        after: the link that comes before the first of them.
        key: the public key that must have signed them; without it signatures are not checked.
    """
    signed = False
    for payload in payloads:
        try:
            document = load(payload)
        except ContractError as error:
            yield ChainFinding(None, "unreadable", f"the entry after {after.seq} cannot be read: {error}")
            continue
        findings = list(check_entry(document))
        yield from findings
        if any(finding.problem == "unreadable" for finding in findings):
            continue
        if key is not None:
            yield from check_signature(document, key, needed=signed)
            signed = signed or document.get("sig") is not None
        link = Link(int(document["seq"]), str(document["hash"]))
        yield from _check_join(after, link, str(document.get("prev")))
        after = link


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking a whole ledger.

    `lost` are the gaps that a `ledger_salvaged` entry of the same chain accounts for; they are not among the findings.
    `unsigned` entries bear no signature.
    """

    entries: int
    unsigned: int
    findings: tuple[ChainFinding, ...]
    lost: tuple[SeqRange, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(payloads: Iterable[bytes], key: PublicKey, after: Link = Link()) -> Verification:
    """Check a kiosk's chain from the entry after `after` on, in ascending order, and that `key` signed it."""
    count = unsigned = 0
    named: set[SeqRange] = set()

    def noted() -> Iterator[bytes]:
        nonlocal count, unsigned
        for payload in payloads:
            count += 1
            unsigned += b',"sig":"' not in payload
            named.update(_named_as_lost(payload))
            yield payload

    found = list(verify_chain(noted(), after, key))
    lost = tuple(finding.missing for finding in found if finding.missing is not None and finding.missing in named)
    return Verification(count, unsigned, tuple(finding for finding in found if finding.missing not in named), lost)


def _named_as_lost(payload: bytes) -> Iterable[SeqRange]:
    if b'"ledger_salvaged"' not in payload:
        return ()
    try:
        body = parse_entry(payload).body
    except ContractError:
        return ()  # verify_chain tells of it
    return body.detail.missing if isinstance(body, LedgerSalvaged) else ()


def _check_join(before: Link, link: Link, prev: str) -> Iterator[ChainFinding]:
    if link.seq <= before.seq:
        yield ChainFinding(link.seq, "order", f"entry {link.seq} comes after entry {before.seq}")
    elif link.seq != before.seq + 1:
        missing = SeqRange(first=before.seq + 1, last=link.seq - 1)
        yield ChainFinding(link.seq, "gap", f"entries {missing.first} to {missing.last} are missing", missing)
    elif prev != before.hash:
        yield ChainFinding(link.seq, "prev", f"entry {link.seq} does not continue entry {before.seq}")


def _content(document: Document) -> bytes:
    return canonical({k: v for k, v in document.items() if k not in _NOT_HASHED})


def _receipt_in(content: bytes, document: Document) -> str:
    """Return the same as `receipt_of`, at half the cost where the receipt can be cut out of the canonical bytes."""
    member = b'"receipt":%s,' % canonical(document["body"]["receipt"])
    before, _, after = content.partition(member)
    if content.count(member) != 1:
        return receipt_of(document)
    return _receipt(_sha256(before + after))


def _receipt(digest: str) -> str:
    bits = int(digest[:8], 16) >> 2
    code = "".join(_CROCKFORD[bits >> shift & 31] for shift in (25, 20, 15, 10, 5, 0))
    return f"{code[:3]}-{code[3:]}"


def _cut(payload: bytes, *names: str) -> bytes:
    """Return canonical JSON without these members, whose values are empty strings."""
    for name in names:
        payload = payload.replace(b'"%s":"",' % name.encode(), b"")
    return payload


def _fill(payload: bytes, **members: str) -> bytes:
    """Return canonical JSON with values for these members, whose values were empty strings."""
    for name, value in members.items():
        payload = payload.replace(b'"%s":""' % name.encode(), b'"%s":"%s"' % (name.encode(), value.encode()))
    return payload


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
