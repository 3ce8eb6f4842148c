"""The hub: settings, wiring, the rules of a visit and of attendance, place, clock, screen and command line."""
