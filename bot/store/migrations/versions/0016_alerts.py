"""alerts"""

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reporter_integration', sa.String(), nullable=True))
        batch_op.alter_column('reporter', existing_type=sa.String(), nullable=True)
    op.create_table(
        'alerts',
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('integration', sa.String(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('status', sa.String(), nullable=False),
        sa.Column('severity', sa.String(), nullable=False),
        sa.Column('service', sa.String(), nullable=False),
        sa.Column('title', sa.String(), nullable=False),
        sa.Column('description', sa.String(), nullable=False),
        sa.Column('url', sa.String(), nullable=False),
        sa.Column('labels', sa.JSON(), nullable=False),
        sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('incident_id', _NUMBER, nullable=True),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.Column('id', _NUMBER, autoincrement=True, nullable=False),
        sa.Column('team_id', sa.String(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_alerts_incident_id_incidents')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_alerts')),
    )
    with op.batch_alter_table('alerts', schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f('ix_alerts_key'),
            ['team_id', 'source', 'integration', 'key', 'occurred_at'],
            unique=False,
        )
        batch_op.create_index(batch_op.f('ix_alerts_incident_id'), ['incident_id'], unique=False)
        batch_op.create_index(
            batch_op.f('ix_alerts_state_alerts_received_at'), ['state', 'received_at'], unique=False
        )
