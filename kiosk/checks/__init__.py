"""Single checks of a running kiosk, for the command line and for an officer at the screen."""
