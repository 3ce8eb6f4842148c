"""The benchmark of `scripts/bench`: time of the recognition path, cost of the daemon, delay of the screen."""
