"""The agency's signed documents: taken in, kept, and put into force."""
