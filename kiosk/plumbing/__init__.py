"""What every worker of the daemon stands on: threads, hearts, meeting points, the log."""
