"""Policies, and the delivery of signed documents to kiosks by broker or USB stick."""
