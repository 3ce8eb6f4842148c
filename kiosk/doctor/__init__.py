"""Says what is wrong with a kiosk and what to do: on the command line, and to an officer at the screen."""
