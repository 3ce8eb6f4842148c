"""The reference server: checks what kiosks send, stores it once, answers with receipts, and publishes documents."""
