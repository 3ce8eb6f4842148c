"""How a person's face gets into the store."""
