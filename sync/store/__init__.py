"""The files under the ledger: its SQLite database, anchor, high-water marks and lock, and the salvage of a damaged
one."""
