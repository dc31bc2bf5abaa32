"""where each item of the inbox comes from"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    with op.batch_alter_table('inbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('source', sa.String(), server_default='slack', nullable=False))
        batch_op.drop_index(batch_op.f('ix_inbox_state_inbox_lane_inbox_id'))
        batch_op.create_index(
            batch_op.f('ix_inbox_state_inbox_source_inbox_lane_inbox_id'),
            ['state', 'source', 'lane', 'id'],
            unique=False,
        )
