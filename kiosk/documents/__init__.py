"""The agency's documents at this kiosk: taken in, kept, and made to hold."""
