"""destinations that want to hear no more"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'


def upgrade() -> None:
    op.create_table(
        'switched_off',
        sa.Column('destination', sa.String(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('reason', sa.String(), nullable=False),
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
        sa.Column('team_id', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_switched_off')),
        sa.UniqueConstraint('team_id', 'destination', name=op.f('uq_switched_off_team_id_destination')),
    )
