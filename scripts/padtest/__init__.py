"""Attacks and people in numbers, at every level."""
