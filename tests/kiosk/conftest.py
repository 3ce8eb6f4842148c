"""Fixtures of this room."""

import hypothesis

# How long one example takes says nothing on a machine that does other work.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")
