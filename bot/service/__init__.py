"""Use cases: one function each, working in the unit of work that its caller opened."""
