"""What the ledger stands on: the SQLite file, the numbers reserved for it, its lock, and its salvage."""
