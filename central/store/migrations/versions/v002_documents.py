"""Revision 2: people, the documents for kiosks, and parcels."""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "person",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("nip", sa.String(18)),
        sa.Column("number", sa.String(64)),
        sa.UniqueConstraint("unit", "nip"),
        sa.UniqueConstraint("unit", "number"),
    )
    op.create_table(
        "document",
        sa.Column("unit", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("about", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
    )
    op.create_table(
        "parcel",
        sa.Column("kiosk", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
    )
    op.create_index("parcel_by_key", "parcel", ["kind", "key"])
    op.create_index("parcel_by_sha256", "parcel", ["sha256"])
