"""Single checks of a kiosk that works, for the command line and for an officer at the screen."""
