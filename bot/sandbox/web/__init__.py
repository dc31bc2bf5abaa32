"""The workspace on a port of this machine."""
