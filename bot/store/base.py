"""What all tables share."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Enum, Float, Integer, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from bot.domain.lifecycle import Status


class Moment(TypeDecorator[datetime]):
    """A point in time: aware and UTC on both sides, refused where it is naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone cannot be stored")
        # SQLite has no zones: it is given UTC, and gives UTC back below.
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Written(TypeDecorator[str]):
    """Text without the characters that no PostgreSQL text can hold: NUL, and halves of surrogate pairs."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value if value is None or (value.isascii() and "\0" not in value) else holdable(value)


def holdable(text: str) -> str:
    """What of it both databases can store."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Base(DeclarativeBase):
    # Named constraints, so that a migration can change them on every database.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: Moment,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        # SQLite numbers its rows by itself in INTEGER PRIMARY KEY only.
        int: BigInteger().with_variant(Integer, "sqlite"),
        str: Written,
        # Words, not the database's own enumeration, which cannot be extended without care.
        Status: Enum(Status, native_enum=False, length=20, values_callable=lambda kind: [one.value for one in kind]),
    }


class Row:
    """Every row has a number of its own and belongs to a workspace, so that one deployment can serve many."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    team_id: Mapped[str]


class database_time(FunctionElement[float]):  # noqa: N801 - reads like the SQL function that it is
    """Seconds since the epoch by the database's clock, which all replicas share; their own may differ, or jump."""

    inherit_cache = True
    type = Float()


@compiles(database_time, "sqlite")
def _sqlite_time(_element: Any, _compiler: Any, **_: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_time, "postgresql")
def _postgresql_time(_element: Any, _compiler: Any, **_: Any) -> str:
    return "EXTRACT(EPOCH FROM clock_timestamp())::float8"
