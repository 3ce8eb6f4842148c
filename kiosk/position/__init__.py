"""Where the kiosk is."""
