"""The composition root and its workers: the only place where all parts meet."""
