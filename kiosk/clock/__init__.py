"""What time it is, who vouches for it, and the log of events that carry it."""
