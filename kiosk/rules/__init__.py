"""The rules of a visit, of attendance and of place: pure functions of their inputs and of the time they are given."""
