"""Rules: standard library only, no input or output; the time comes in as an argument."""
