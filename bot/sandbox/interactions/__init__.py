"""What passes between a person and an app besides events: commands, clicks, modals, shortcuts, the home tab."""
