"""Block Kit: what people see and click, built from facts. Each module is one thing on the screen."""
