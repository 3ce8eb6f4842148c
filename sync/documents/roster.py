"""The roster: who may be recognised in a unit, as a manifest and one sealed document a person."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from sync.contract.fields import Digest, Label, Seq, Slug, WireModel
from sync.documents.envelope import SignedModel
from sync.documents.sealing import Opener, SealTo
from sync.errors import ContractError
from sync.keyfile import base64url, from_base64url

MOST_PHOTOS: Final = 5
_Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$")]


class RosterManifest(SignedModel):
    """Everybody of the unit, and the version of each one's document. Who is not in it is erased from its kiosks."""

    kind: Literal["roster"] = "roster"
    people: Annotated[dict[Slug, Seq], Field(max_length=100_000)]


class PersonDocument(SignedModel):
    """One person. `sealed` holds a `PersonDetails` for whoever has the unit's key: see `purpose`."""

    kind: Literal["person"] = "person"
    person: Slug
    sealed: Annotated[_Base64Url, Field(max_length=4_000_000)]


class Template(WireModel):
    """Unit vectors (shots, dimension) of one model: little-endian float32, one after another, in base64url."""

    model: Label
    vectors: Annotated[tuple[_Base64Url, ...], Field(min_length=1, max_length=MOST_PHOTOS)]


class PersonDetails(WireModel):
    """What a kiosk needs of a person. Faces come as `photos` (JPEG, base64url) or as `templates`, or later.

    `nip` is only ever shown masked. `pin` is an argon2id hash in its usual text form. `schedule` names one of the
    policy's; null means its default. `officer` may enrol people at the kiosk.
    """

    name: Annotated[str, Field(min_length=1, max_length=100)]
    title: Literal["Bapak", "Ibu"] | None = None
    nip: Annotated[str, Field(pattern=r"^\d{18}$")] | None = None
    schedule: Slug | None = None
    photos: Annotated[tuple[_Base64Url, ...], Field(max_length=MOST_PHOTOS)] = ()
    templates: Annotated[tuple[Template, ...], Field(max_length=8)] = ()
    pin: Annotated[str, Field(max_length=200, pattern=r"^\$argon2id\$")] | None = None
    officer: bool = False

    @model_validator(mode="after")
    def _shown(self) -> "PersonDetails":
        """The name can be shown on a screen: printable, and not of spaces alone."""
        if not self.name.strip() or not self.name.isprintable():
            raise ValueError("the name cannot be shown on a screen")
        return self


class EnrolmentDocument(WireModel):
    """What a kiosk tells the centre of a person who was enrolled at the wall, before it is sealed to the agency.

    `shots` are the digests of the pictures, which stay on the kiosk.
    """

    v: Literal[1] = 1
    kind: Literal["enrolment"] = "enrolment"
    unit: Slug
    kiosk: Slug
    person: Slug
    name: Label
    template: Template
    shots: tuple[Digest, ...]


MANIFEST: Final = TypeAdapter(RosterManifest)
PERSON: Final = TypeAdapter(PersonDocument)


def purpose(unit: str, person: str, version: int) -> str:
    """What a person's details are sealed for: a document cannot be put in the place of another."""
    return f"senfie/v1/person/{unit}/{person}/{version}"


def seal_details(details: PersonDetails, unit: str, person: str, version: int, key: SealTo) -> str:
    """The `sealed` of a `PersonDocument`."""
    return base64url(key.seal(details.model_dump_json().encode(), purpose(unit, person, version)))


def enrolment_purpose(unit: str, kiosk: str, person: str) -> str:
    """What an enrolment at the wall is sealed for."""
    return f"senfie/v1/enrolment/{unit}/{kiosk}/{person}"


def seal_enrolment(document: EnrolmentDocument, key: SealTo) -> bytes:
    """What only the agency opens."""
    plain = document.model_dump_json().encode()
    return key.seal(plain, enrolment_purpose(document.unit, document.kiosk, document.person))


def open_details(document: PersonDocument, opener: Opener) -> PersonDetails:
    """What a person's document holds.

    Raises:
        SealError: it is sealed to another key, or was changed.
        ContractError: what was sealed is not the details of a person.
    """
    try:
        sealed = from_base64url(document.sealed)
        plain = opener.open(sealed, purpose(document.unit, document.person, document.version))
        return PersonDetails.model_validate_json(plain)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise ContractError(f"the sealed details of {document.person} are not of contract version 1: {where}") from None
    except ValueError as error:
        raise ContractError(f"the details of {document.person} are not sealed text: {error}") from error
