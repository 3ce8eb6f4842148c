"""A synthetic person, drawn from one photo as a textured mesh of the face."""
