"""What people and apps do: each action changes the state, and tells apps and onlookers."""
