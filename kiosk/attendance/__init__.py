"""Attendance: from the outcome of a visit to the entry in the ledger."""
