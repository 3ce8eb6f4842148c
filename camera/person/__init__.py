"""A synthetic person who walks up to the camera: one photo laid over its face mesh and moved in space."""
