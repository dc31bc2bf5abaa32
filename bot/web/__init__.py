"""HTTP: Slack's requests where the bot does not use Socket Mode."""
