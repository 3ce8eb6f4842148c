"""Threads, heartbeats, the log, errors: what every worker of the daemon stands on."""
