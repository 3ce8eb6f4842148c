"""The agency's signed documents: how they are accepted, stored and put into force."""
