"""Rosters of people: read from the files of an office, checked, and made into signed documents."""
