"""What the uplink remembers of one connection, and the pace it keeps."""
