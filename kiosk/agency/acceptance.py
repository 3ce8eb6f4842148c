"""Which documents are accepted: those signed by the agency, for this unit, and newer than what is stored."""

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, TypeVar

from pydantic import TypeAdapter

from kiosk.agency.refusals import Kind as RefusedKind
from kiosk.agency.refusals import Reason, Refusal, RefusedError, reason_of
from kiosk.agency.store import Documents, Held, Kind
from sync.documents.envelope import SignedModel, read_signed
from sync.documents.policy import POLICY
from sync.documents.roster import MANIFEST, PERSON, PersonDetails, PersonDocument, RosterManifest, open_details
from sync.documents.sealing import Opener
from sync.errors import ContractError, SealError
from sync.signing import PublicKey

Taken = Literal["kept", "known", "early"]
"""What became of a document. `known`: it was stored before. `early`: no manifest names it yet; it is asked for again
when one does."""

Signed = TypeVar("Signed", bound=SignedModel)

_NO_AGENCY: Final = "no key of the agency is pinned here: set agency.key in the settings"
_NO_UNIT_KEY: Final = "the unit's key, unit.key in the data directory, is not here: copy it from the centre"


@dataclass(frozen=True, slots=True)
class UnitKeys:
    """The unit, the agency's public key that verifies documents, and the unit's key that opens documents of people."""

    unit: str
    agency: PublicKey | None
    opener: Opener | None


def judge(version: int, digest: str, held: Held | None) -> Literal["newer", "same", "rollback", "conflict"]:
    """Returns how a document compares with the one that is held.

    A version belongs to one document for ever: the same version with another digest is a conflict.
    """
    if held is None or version > held.version:
        return "newer"
    if version < held.version:
        return "rollback"
    return "same" if digest == held.digest else "conflict"


def digest_of(payload: bytes) -> str:
    """Returns the SHA-256 of a document, in hexadecimal."""
    return hashlib.sha256(payload).hexdigest()


class DocumentAcceptance:
    """Verifies documents and puts them into the store, whether they come from the broker or from a USB stick.

    Every method raises RefusedError when a document is refused, and StoreError when the store cannot be used.
    """

    def __init__(self, store: Documents, keys: UnitKeys) -> None:
        self._store = store
        self._keys = keys

    def policy(self, payload: bytes) -> Taken:
        """Verifies and stores a policy."""
        return self._of_the_unit("policy", payload, POLICY)

    def manifest(self, payload: bytes) -> Taken:
        """Verifies and stores the manifest of a roster."""
        return self._of_the_unit("roster", payload, MANIFEST)

    def person(self, person: str, payload: bytes, roster: RosterManifest | None) -> Taken:
        """Verifies and stores the document of a person, if `roster`, the one in force, names this version of it."""
        digest, held = digest_of(payload), self._store.held("person", person)
        named = None if roster is None else roster.people.get(person)
        if held is not None and (digest, named) == (held.digest, held.version) and held.payload is not None:
            return "known"
        document, _ = self.read_person(payload, person, known=named is not None)
        version = document.version
        if roster is None or (version > (named or 0) and document.at >= roster.at):
            return "early"
        if version != named:
            why = "it does not name this person" if named is None else f"it names version {named}"
            self._refuse("person", "rollback", f"the roster is newer: {why}", person if named else None, version)
        self._against("person", version, digest, held, person)
        self._store.put("person", version, digest, payload, person)
        return "kept"

    def read_person(self, payload: bytes, person: str, *, known: bool) -> tuple[PersonDocument, PersonDetails]:
        """Returns a person's document and the details that are sealed in it.

        A refusal names the person only when they are `known`: anybody could send a document with a made-up id.
        """
        about = person if known else None
        document = self.read("person", payload, PERSON, about)
        if document.person != person:
            self._refuse("person", "addressee", "it is about another person than its place says", about, None)
        if self._keys.opener is None:
            self._refuse("person", "no_key", _NO_UNIT_KEY, None, None)
        try:
            return document, open_details(document, self._keys.opener)
        except (SealError, ContractError) as error:
            self._refuse("person", reason_of(error), str(error), about, document.version)

    def read(self, kind: RefusedKind, payload: bytes, form: TypeAdapter[Signed], about: str | None = None) -> Signed:
        """Returns a document after checking that the agency has signed it for this unit."""
        if self._keys.agency is None:
            self._refuse(kind, "no_key", _NO_AGENCY, None, None)
        try:
            document = read_signed(payload, form, self._keys.agency)
        except ContractError as error:
            self._refuse(kind, reason_of(error), str(error), about, None)
        if document.unit != self._keys.unit:
            self._refuse(kind, "addressee", f"it is meant for unit {document.unit}", about, None)
        return document

    def kept(self, kind: Literal["policy", "roster"], form: TypeAdapter[Signed]) -> Signed | None:
        """Returns the stored document, or None when there is none.

        The signature is checked again, since others may have written to the disk.
        """
        held = self._store.held(kind)
        if held is None:
            return None
        if held.damaged:
            self._refuse(
                kind, "seal", "it was changed on the disk; it is taken when it comes again", None, held.version
            )
        return None if held.payload is None else self.read(kind, held.payload, form)

    def _of_the_unit(self, kind: Literal["policy", "roster"], payload: bytes, form: TypeAdapter[Signed]) -> Taken:
        digest, held = digest_of(payload), self._store.held(kind)
        if held is not None and held.digest == digest and held.payload is not None:
            return "known"
        document = self.read(kind, payload, form)
        self._against(kind, document.version, digest, held, None)
        self._store.put(kind, document.version, digest, payload)
        return "kept"

    def _against(self, kind: Kind, version: int, digest: str, held: Held | None, about: str | None) -> None:
        match judge(version, digest, held):
            case "rollback":
                self._refuse(kind, "rollback", "a newer one was taken before", about, version)
            case "conflict":
                self._refuse(kind, "conflict", "another one of the same version was taken before", about, version)

    def _refuse(self, kind: RefusedKind, reason: Reason, text: str, about: str | None, version: int | None) -> NoReturn:
        raise RefusedError(Refusal(kind, reason, text, about, version))
