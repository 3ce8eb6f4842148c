"""What lies on the device's disk: its secrets, its evidence, and the room that is left."""
