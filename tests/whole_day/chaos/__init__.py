"""A real office under faults, and an oracle that knows what people were told."""
