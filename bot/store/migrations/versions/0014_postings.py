"""where incidents are shown, apart from what they are"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
# what, what the destination calls it, its place, what people call it, why there is none, where there is one
_MOVED = (
    ('channel', 'channel_id', "''", 'channel_name', 'channel_problem', 'channel_id IS NOT NULL OR channel_problem IS NOT NULL'),
    ('card', 'card_ts', "coalesce(channel_id, '')", 'NULL', 'NULL', 'card_ts IS NOT NULL'),
    ('announcement', 'announcement_ts', "coalesce(announcement_channel, '')", 'NULL', 'NULL', 'announcement_ts IS NOT NULL'),
)


def upgrade() -> None:
    op.create_table(
        'postings',
        sa.Column('incident_id', _NUMBER, nullable=False),
        sa.Column('destination', sa.String(), nullable=False),
        sa.Column('what', sa.String(), nullable=False),
        sa.Column('place', sa.String(), nullable=False),
        sa.Column('external_id', sa.String(), nullable=True),
        sa.Column('name', sa.String(), nullable=True),
        sa.Column('problem', sa.String(), nullable=True),
        sa.Column('id', _NUMBER, autoincrement=True, nullable=False),
        sa.Column('team_id', sa.String(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_postings_incident_id_incidents')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_postings')),
        sa.UniqueConstraint(
            'incident_id', 'destination', 'what', 'place', name=op.f('uq_postings_incident_id_destination_what_place')
        ),
    )
    with op.batch_alter_table('postings', schema=None) as batch_op:
        batch_op.create_index(
            'ix_postings_external_id',
            ['team_id', 'destination', 'what', 'external_id'],
            unique=False,
        )
    for what, external_id, place, name, problem, where in _MOVED:
        op.execute(
            'INSERT INTO postings (team_id, incident_id, destination, what, place, external_id, name, problem) '
            f"SELECT team_id, id, 'slack', '{what}', {place}, {external_id}, {name}, {problem} FROM incidents "
            f'WHERE {where} ORDER BY id'
        )
    with op.batch_alter_table('incidents', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incidents_team_id_incidents_channel_id'))
        for column in (
            'channel_id', 'channel_name', 'channel_problem', 'card_ts', 'announcement_channel', 'announcement_ts'
        ):
            batch_op.drop_column(column)
