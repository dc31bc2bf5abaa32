"""which channels are to be read again"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'


def upgrade() -> None:
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.create_index(
            'ix_incidents_history_wanted',
            ['team_id'],
            unique=False,
            sqlite_where=sa.text('history_wanted = 1'),
            postgresql_where=sa.text('history_wanted'),
        )
