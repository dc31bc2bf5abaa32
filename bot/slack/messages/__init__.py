"""What people see in Slack: messages, cards and forms, as Block Kit."""
