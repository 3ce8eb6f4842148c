"""Evaluation and calibration of recognition on a folder of photos, through the daemon's own path."""
