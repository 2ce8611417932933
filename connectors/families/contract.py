"""The vocabulary of a contract: columns with a type and a privacy class, tables with a grain.

Everything that must know what a table looks like reads it from here: Polars schemas, DuckDB
DDL, dbt source docs, the Great Expectations suites of the raw gate, redaction and erasure.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import msgspec
import polars as pl


class Privacy(StrEnum):
    """Who may see a column's values."""

    PUBLIC = "public"
    """May be published as it is."""
    PSEUDONYMOUS = "pseudonymous"
    """Names a person only to those who hold the source system."""
    PERSONAL = "personal"
    """Names a person by itself; never leaves the warehouse."""
    FREE_TEXT = "free_text"
    """Somebody's words; published only after redaction."""


class Type(StrEnum):
    """A column's type, engine-neutral. Times are UTC with microseconds and carry no zone."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    JSON = "json"

    @property
    def polars(self) -> pl.DataType:
        """The Polars data type of this column type."""
        return _POLARS[self]

    @property
    def duckdb(self) -> str:
        """The DuckDB type name of this column type."""
        return _DUCKDB[self]


_POLARS: dict[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.INTEGER: pl.Int64(),
    Type.NUMBER: pl.Float64(),
    Type.MONEY: pl.Decimal(18, 4),
    Type.BOOLEAN: pl.Boolean(),
    Type.TIMESTAMP: pl.Datetime("us"),
    Type.JSON: pl.String(),
}
_DUCKDB: dict[Type, str] = {
    Type.TEXT: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    # 18 digits fit a 64-bit integer: wider decimals scan many times slower
    Type.MONEY: "DECIMAL(18,4)",
    Type.BOOLEAN: "BOOLEAN",
    Type.TIMESTAMP: "TIMESTAMP",
    # plain text: JSON columns need an extension in the reader
    Type.JSON: "VARCHAR",
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a family table.

    `values` lists what an enumerated column may hold; `between` bounds a number. A table with a
    column that `is_phone` has the number in E.164 in a column of its own.
    """

    name: str
    type: Type
    privacy: Privacy
    doc: str
    required: bool = False
    values: tuple[str, ...] = ()
    between: tuple[float, float] | None = None
    is_phone: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """One family table: its grain, key, cursor and columns.

    `key` names the columns that, with `source`, make a row unique among current records.
    `cursor` names the column by which a newer version of a record is told from an older one;
    among equals the later load wins. `happened` is the time a row is about, which a re-read
    window is cut by.
    """

    name: str
    family: str
    grain: str
    key: tuple[str, ...]
    cursor: str
    happened: str
    own: tuple[Column, ...] = field(repr=False)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns as they are landed: `source`, the table's own, then those added to it."""
        return (SOURCE, *self.own, *([E164] if self.phone else []), *COMMON)

    @cached_property
    def phone(self) -> Column | None:
        """The column whose numbers landing writes in E.164."""
        return next((column for column in self.own if column.is_phone), None)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Landed columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def identity(self) -> tuple[str, ...]:
        """The whole key of a current record, `source` first."""
        return (SOURCE.name, *self.key)

    @property
    def schema(self) -> pl.Schema:
        """Polars schema of a landed frame of this table."""
        return pl.Schema({column.name: column.type.polars for column in self.columns})

    def personal(self) -> tuple[str, ...]:
        """Names of the columns that name a person or hold somebody's words."""
        classes = (Privacy.PERSONAL, Privacy.FREE_TEXT)
        return tuple(c.name for c in self.columns if c.privacy in classes)


@dataclass(frozen=True, kw_only=True)
class Family:
    """One kind of voice and its tables."""

    name: str
    doc: str
    tables: tuple[Table, ...]

    @cached_property
    def version(self) -> str:
        """Fingerprint of the contract, written into each load package's manifest."""
        described = [
            (t.name, t.key, t.cursor, [(c.name, c.type, c.required, c.privacy) for c in t.columns])
            for t in self.tables
        ]
        return hashlib.sha256(msgspec.json.encode(described)).hexdigest()[:12]


def text(name: str, doc: str, privacy: Privacy = Privacy.PUBLIC, **rules: object) -> Column:
    """A text column."""
    return Column(name=name, type=Type.TEXT, privacy=privacy, doc=doc, **rules)  # type: ignore[arg-type]


def words(name: str, doc: str) -> Column:
    """A column of somebody's own words."""
    return Column(name=name, type=Type.TEXT, privacy=Privacy.FREE_TEXT, doc=doc)


def ref(name: str, doc: str, *, required: bool = False) -> Column:
    """A source system's own identifier of a person, account, team or record."""
    return Column(
        name=name, type=Type.TEXT, privacy=Privacy.PSEUDONYMOUS, doc=doc, required=required
    )


def number(name: str, doc: str, between: tuple[float, float] | None = None) -> Column:
    """A measured number."""
    return Column(name=name, type=Type.NUMBER, privacy=Privacy.PUBLIC, doc=doc, between=between)


def integer(name: str, doc: str) -> Column:
    """A whole number."""
    return Column(name=name, type=Type.INTEGER, privacy=Privacy.PUBLIC, doc=doc)


def money(name: str, doc: str) -> Column:
    """An amount of money; its currency stands in a column of its own."""
    return Column(name=name, type=Type.MONEY, privacy=Privacy.PUBLIC, doc=doc)


def flag(name: str, doc: str, *, required: bool = False) -> Column:
    """A yes or no."""
    return Column(name=name, type=Type.BOOLEAN, privacy=Privacy.PUBLIC, doc=doc, required=required)


def time(name: str, doc: str, *, required: bool = False) -> Column:
    """A point in time, UTC, microseconds."""
    return Column(
        name=name, type=Type.TIMESTAMP, privacy=Privacy.PUBLIC, doc=doc, required=required
    )


SENTIMENT = number(
    "sentiment",
    "How the words feel, as the source says: -1 very negative, 1 very positive.",
    (-1, 1),
)

SOURCE = text("source", "Instance of the connector that read the row.", required=True)

E164 = text(
    "phone_e164",
    "The phone number in E.164, worked out when the row landed; null where it cannot be told.",
    Privacy.PERSONAL,
)

# What has no column may hold anything, a name or a comment included.
ATTRIBUTES = Column(
    name="attributes",
    type=Type.JSON,
    privacy=Privacy.PERSONAL,
    doc="JSON object of everything the record held that has no column here.",
)
COMMON = (
    ATTRIBUTES,
    flag("_deleted", "The source says that the record is gone.", required=True),
    text("_load_id", "Load package that brought the row.", required=True),
)

PHONE = text("phone", "Phone number as the source wrote it.", Privacy.PERSONAL, is_phone=True)

PERSON = (
    ref("person_ref", "The source's own id of the person."),
    text("email", "E-mail address.", Privacy.PERSONAL),
    PHONE,
    ref("external_id", "Id of the person that another system gave, as this source knows it."),
    ref("account_ref", "The source's own id of the customer account."),
)
"""Identity references; a table that speaks of a customer carries all five."""
