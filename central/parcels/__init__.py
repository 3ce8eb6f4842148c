"""What comes from kiosks sealed beside their entries."""
