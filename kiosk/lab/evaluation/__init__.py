"""How good recognition is, measured on a folder of photos through the daemon's own path."""
