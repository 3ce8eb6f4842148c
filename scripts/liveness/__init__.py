"""The measurement of the checks of liveness (`scripts/measure-liveness`)."""
