"""Block Kit: what Slack takes of blocks and views, and what people choose and type in their elements."""
