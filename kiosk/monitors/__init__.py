"""Monitors, which are called once a second: clock, disk, position, stage, and the status line of the screen."""
