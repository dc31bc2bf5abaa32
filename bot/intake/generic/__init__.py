"""The generic door: JSON of our own making, or of anybody's with a mapping. docs/intake.md is its contract."""
