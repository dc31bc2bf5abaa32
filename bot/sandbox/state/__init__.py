"""Everything that is in the workspace, and what of it anybody can look up."""
