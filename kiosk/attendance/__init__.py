"""From the outcome of a visit to the ledger."""
