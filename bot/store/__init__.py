"""The database, which is the truth: tables, queries, inbox, outbox, due jobs, migrations."""
