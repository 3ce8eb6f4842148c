"""The screen without a kiosk: every state in turn, before a drawn figure."""
