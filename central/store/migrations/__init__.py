"""The steps that make the tables. Alembic runs those that a database does not have yet."""
