"""What comes in: each listener parses, calls a service or a command, and answers."""
