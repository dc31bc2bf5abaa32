"""where people belong"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'


def upgrade() -> None:
    with op.batch_alter_table('people', schema=None) as batch_op:
        for name in ('is_restricted', 'is_ultra_restricted', 'is_stranger'):
            batch_op.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('home_team', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('home_enterprise', sa.String(), nullable=True))
