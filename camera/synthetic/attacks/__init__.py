"""Attacks on recognition: prints, screens and edited clips, held or fed before a camera."""
