"""The tour: every state of the screen in turn, with a drawn figure in place of a camera, and no recognition."""
