"""What the checks of liveness are worth, measured."""
