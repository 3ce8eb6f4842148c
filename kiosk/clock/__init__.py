"""What time it is, what vouches for it, and the log of events that are stamped with it."""
