"""The presentation attack test of `scripts/pad-test`, at every level of liveness."""
