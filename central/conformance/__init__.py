"""Plays kiosks against any server of the contract, and says what it does wrong."""
