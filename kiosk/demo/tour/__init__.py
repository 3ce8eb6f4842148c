"""The screen without a kiosk: every state of it in turn, before a figure that is drawn."""
