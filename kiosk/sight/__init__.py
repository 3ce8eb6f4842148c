"""From the camera's frames to the outcome of a visit."""
