"""who is a member of an incident's channel"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'


def upgrade() -> None:
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('members_confirmed_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('participants', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_member', sa.Boolean(), nullable=True))
        batch_op.alter_column('joined_at', existing_type=sa.DateTime(timezone=True), nullable=True)

    # What was taken for membership so far; it is compared with Slack's before anybody is shown a private incident.
    op.execute('UPDATE participants SET is_member = (left_at IS NULL)')
