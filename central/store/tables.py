"""The centre's tables as the newest migration leaves them, the same on SQLite and PostgreSQL."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA: Final = MetaData()
_NAME: Final = String(64)
_DIGEST: Final = String(64)

kiosks: Final = Table(
    "kiosk",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("unit", _NAME, nullable=False),
    Column("public_key", String(64), nullable=False),
    Column("signed_from", BigInteger, nullable=False),  # entries before this one may have no signature
    Column("through_seq", BigInteger, nullable=False),  # all entries up to here are stored or lost
)

entries: Final = Table(
    "entry",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", _DIGEST, nullable=False),
    Column("prev", _DIGEST, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # byte for byte as it came
)

# Ranges that a kiosk's own signed `ledger_salvaged` entry names as lost.
lost: Final = Table(
    "lost",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
)

# Refused messages and the reason. The problems `conflict` and `chain` may mean tampering.
rejected: Final = Table(
    "rejected",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("problem", String(32), nullable=False),
    Column("topic", String(400), nullable=False),
    Column("sha256", _DIGEST, nullable=False),  # of the whole payload
    Column("seq", BigInteger),
    Column("reason", String(300), nullable=False),
    Column("first_at", String(32), nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # its beginning
    UniqueConstraint("problem", "topic", "sha256"),
)

# Everybody whom a roster names or ever named, so that a NIP or number that comes back gets the same id.
people: Final = Table(
    "person",
    METADATA,
    Column("unit", _NAME, primary_key=True),
    Column("person", _NAME, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("nip", String(18)),
    Column("number", _NAME),  # the unit's own number, for a person without a NIP
    UniqueConstraint("unit", "nip"),
    UniqueConstraint("unit", "number"),
)

# The newest of each document for kiosks. Rows are never deleted, because a version must not be used twice.
documents: Final = Table(
    "document",
    METADATA,
    Column("unit", _NAME, primary_key=True),
    Column("kind", String(16), primary_key=True),  # roster, person, policy
    Column("about", _NAME, primary_key=True),  # a person, or the unit
    Column("version", BigInteger, nullable=False),
    Column("content", _DIGEST, nullable=False),  # of what is signed and sealed; a change needs a new version
    Column("payload", LargeBinary, nullable=False),  # as it is published; empty for a person who was removed
    Column("published", Boolean, nullable=False),  # a broker has it
)

# Sealed parcels that come beside the entries. The same bytes from another kiosk are another parcel.
parcels: Final = Table(
    "parcel",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("kind", String(16), primary_key=True),  # evidence, enrolment
    Column("key", _NAME, primary_key=True),  # the record's id, or the person
    Column("sha256", _DIGEST, primary_key=True),
    Column("unit", _NAME, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("received_at", String(32), nullable=False),
    Index("parcel_by_key", "kind", "key"),
    Index("parcel_by_sha256", "sha256"),
)
