"""The words: Jinja templates for the chat and for documents."""
