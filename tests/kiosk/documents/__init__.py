"""Tests of the room that takes in the agency's documents."""
