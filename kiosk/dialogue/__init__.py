"""From a result to the card that a person reads, and the answer they give to it."""
