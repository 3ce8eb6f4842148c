"""Packages: how entries leave an office without a network, on a stick, and how their receipts come back."""
