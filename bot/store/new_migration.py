"""`make migration`: writes a migration from the difference between the migrations so far and the tables."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot.store.migrate import SCHEMA


def main(message: str) -> int:
    if not message.strip():
        sys.stderr.write('Say what it adds: make migration MESSAGE="what it adds"\n')
        return 2
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    connection = create_engine("sqlite://").connect()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    number = f"{int(SCHEMA) + 1:04d}"
    command.revision(config, message=message, autogenerate=True, rev_id=number)
    sys.stdout.write(f'Read the new file, then set SCHEMA = "{number}" in bot/store/migrate.py.\n')
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
