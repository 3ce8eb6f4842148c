"""Commands of `kiosk-central` that need more than a query of the database."""
