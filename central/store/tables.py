"""The centre's tables, the same on SQLite and PostgreSQL."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

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
    Column("through_seq", BigInteger, nullable=False),  # all up to here are stored, or named as lost
)

entries: Final = Table(
    "entry",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", _DIGEST, nullable=False),
    Column("prev", _DIGEST, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # as it came: what the hash and signature prove
)

# Ranges that a kiosk's own signed `ledger_salvaged` entry names as lost.
lost: Final = Table(
    "lost",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
)

# What was not stored, and why; `conflict` and `chain` are alarms.
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
