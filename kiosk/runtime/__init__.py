"""What every worker of the daemon uses: threads, heartbeats, the log and errors."""
