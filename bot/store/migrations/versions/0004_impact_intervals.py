"""impact intervals"""

from itertools import groupby

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_INCIDENTS = sa.table(
    'incidents',
    sa.column('id', _NUMBER),
    sa.column('team_id', sa.String),
    sa.column('impact_started_at', sa.DateTime(timezone=True)),
    sa.column('mitigated_at', sa.DateTime(timezone=True)),
)
_ENTRIES = sa.table(
    'timeline_entries',
    sa.column('id', _NUMBER),
    sa.column('incident_id', _NUMBER),
    sa.column('kind', sa.String),
    sa.column('at', sa.DateTime(timezone=True)),
    sa.column('data', sa.JSON),
)
_INTERVALS = sa.table(
    'impact_intervals',
    sa.column('team_id', sa.String),
    sa.column('incident_id', _NUMBER),
    sa.column('started_at', sa.DateTime(timezone=True)),
    sa.column('ended_at', sa.DateTime(timezone=True)),
)
_ENDED = ('resolved', 'closed', 'cancelled')
_MITIGATED = ('monitoring', 'resolved')


def upgrade() -> None:
    op.create_table(
        'impact_intervals',
        sa.Column('incident_id', _NUMBER, nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('id', _NUMBER, autoincrement=True, nullable=False),
        sa.Column('team_id', sa.String(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incidents.id'], name=op.f('fk_impact_intervals_incident_id_incidents')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_impact_intervals')),
    )
    with op.batch_alter_table('impact_intervals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_impact_intervals_incident_id'), ['incident_id'], unique=False)
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    """What the status changes on the timeline tell: when there was impact, and when it was first mitigated."""
    changes = connection.execute(
        sa.select(_ENTRIES.c.incident_id, _ENTRIES.c.at, _ENTRIES.c.data)
        .where(_ENTRIES.c.kind == 'status')
        .order_by(_ENTRIES.c.incident_id, _ENTRIES.c.at, _ENTRIES.c.id)
    ).all()
    of = {number: list(rows) for number, rows in groupby(changes, key=lambda row: row.incident_id)}
    for incident in connection.execute(sa.select(_INCIDENTS)).all():
        intervals, mitigated_at = [[incident.impact_started_at, None]], incident.mitigated_at
        for change in of.get(incident.id, []):
            before, after = change.data.get('before'), change.data.get('after')
            if after in _ENDED and intervals[-1][1] is None:
                intervals[-1][1] = change.at
            elif before in _ENDED and after not in _ENDED:
                intervals.append([change.at, None])
            if after in _MITIGATED and (mitigated_at is None or change.at < mitigated_at):
                mitigated_at = change.at
        connection.execute(
            sa.insert(_INTERVALS),
            [
                {'team_id': incident.team_id, 'incident_id': incident.id, 'started_at': start, 'ended_at': end}
                for start, end in intervals
            ],
        )
        if mitigated_at != incident.mitigated_at:
            connection.execute(
                sa.update(_INCIDENTS).where(_INCIDENTS.c.id == incident.id).values(mitigated_at=mitigated_at)
            )
