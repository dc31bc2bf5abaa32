"""what people said on the timeline, apart from what the bot says of it

Entries were kept as ready markup for Slack. Kept are what changed and people's own words; each medium makes sentences
of them.
"""

import html
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_ENTRIES = sa.table(
    'timeline_entries',
    sa.column('id', _NUMBER),
    sa.column('kind', sa.String),
    sa.column('text', sa.String),
    sa.column('words', sa.String),
    sa.column('data', sa.JSON),
)
_TOGETHER = 1000
_RENAMED = re.compile(r'Channel renamed: #(.*) → #')
_ERASED = re.compile(r'Erased (.*?)(?: by <@([UW][A-Z0-9]+)>)?$')
# Kinds of which everything is told by what changed.
_WORDLESS = ('role', 'promise', 'channel')


def upgrade() -> None:
    op.add_column('timeline_entries', sa.Column('words', sa.String(), nullable=False, server_default=''))
    connection, last = op.get_bind(), 0
    while rows := connection.execute(
        sa.select(_ENTRIES.c.id, _ENTRIES.c.kind, _ENTRIES.c.text, _ENTRIES.c.data)
        .where(_ENTRIES.c.id > last)
        .order_by(_ENTRIES.c.id)
        .limit(_TOGETHER)
    ).all():
        last = rows[-1].id
        for row in rows:
            words, data = _apart(row.kind, row.text, dict(row.data))
            connection.execute(
                sa.update(_ENTRIES).where(_ENTRIES.c.id == row.id).values(words=words, data=data, text='')
            )
    with op.batch_alter_table('timeline_entries', schema=None) as batch_op:
        batch_op.alter_column('words', server_default=None)
        batch_op.drop_column('text')


def _apart(kind: str, text: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """People's words, and what changed."""
    said = html.unescape(text)
    heading, _, rest = said.partition(': ')
    match kind:
        case 'priority':
            told = data.pop('because', None)
            return told or said.partition(', because: ')[2], data
        case 'status':
            told = data.pop('reason', None)
            return told or ('' if heading == 'Status' else rest), data
        case 'declared' | 'update' | 'action':
            return rest, data
        case 'erased':
            found = _ERASED.match(text.partition(': ')[0])
            return rest, {**data, 'what': found[1] if found else heading, 'person': found[2] if found else None}
        case 'channel':
            renamed = _RENAMED.match(said)
            return '', {**data, 'before': renamed[1]} if renamed else data
        case _ if kind in _WORDLESS:
            return '', data
        case _:
            return said, data
