"""What the centre says to a kiosk: signed, versioned, and sealed where it holds a face."""
