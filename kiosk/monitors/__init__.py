"""What is watched all the time: clock, disk, position, stage, and the status line of the screen."""
