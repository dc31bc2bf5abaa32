"""where each item of the outbox goes"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'


def upgrade() -> None:
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('destination', sa.String(), server_default='slack', nullable=False))
        batch_op.drop_index(batch_op.f('ix_outbox_state_outbox_lane_outbox_id'))
        batch_op.create_index(
            batch_op.f('ix_outbox_state_outbox_destination_outbox_lane_outbox_id'),
            ['state', 'destination', 'lane', 'id'],
            unique=False,
        )
