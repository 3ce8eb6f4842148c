"""From a frame to the outcome of a visit."""
