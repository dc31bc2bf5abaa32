"""Takes in what comes from outside, durably, and applies it in order: whatever the source."""
