"""What the demo brings along: a receiver, a broker and people to walk up."""
