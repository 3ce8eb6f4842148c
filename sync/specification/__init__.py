"""Writes the contract as files for other implementations: JSON Schema, AsyncAPI and an example."""
