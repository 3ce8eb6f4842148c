"""What laboratories and demos need, and no device: demo, tour, evaluation, liveness measurements."""
