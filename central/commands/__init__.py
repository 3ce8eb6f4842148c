"""The commands of `kiosk-central` that are more than a question to the database."""
