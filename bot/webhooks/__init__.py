"""A destination: other programs are told what happens, as Standard Webhooks describes it (docs/webhooks.md)."""
