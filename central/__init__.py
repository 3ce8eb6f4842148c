"""The reference receiver: verifies what kiosks send, stores it once, and says so."""
