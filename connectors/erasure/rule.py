"""Which rows are an erased person's: by the names that a row has.

A name is a kind and what identifies within it: the record itself (`record`, table, source, key), a
record that it is part of (an answer's response, a message's case), an id of the person in their
source (`person`, `external`), or an address that means them everywhere (`email`, `phone`). A row
with a name that is known is theirs; so is, in another's case, a message or a change of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import polars as pl

from connectors.families import FAMILIES, Table

_SEPARATOR = "\x1f"
_PEOPLE = ("person_ref", "author_ref", "changed_by_ref", "respondent_hash")


def says_whose(table: Table) -> bool:
    """Whether rows of this table say whose they are."""
    return "person_ref" in table.by_name


def record_name(table: Table) -> pl.Expr:
    """Name of a table's record, in rows of the table or of those that are parts of it."""
    return _name("record", pl.lit(table.name), *(pl.col(column) for column in table.identity))


@cache
def names(table: Table) -> Mapping[str, pl.Expr]:
    """The names that a row of a table has, by what they are; null where it has none of a kind."""
    source = pl.col("source")
    found = {f"record of {whole.name}": record_name(whole) for whole in _wholes(table)}
    for column in _PEOPLE:
        if column in table.by_name:
            found[column] = _name("person", source, pl.col(column).str.strip_chars())
    if "email" in table.by_name:
        found["external_id"] = _name("external", source, pl.col("external_id").str.strip_chars())
        found["email"] = email_name(pl.col("email"))
        found["phone"] = phone_name(pl.coalesce("phone_e164", "phone"))
    return found


def person_name(source: str, ref: str) -> str:
    """Name of whoever a source knows by an id, or by the hash of one."""
    return _SEPARATOR.join(("person", source, ref))


def email_name(address: pl.Expr) -> pl.Expr:
    """Name of whoever has an e-mail address."""
    return _name("email", address.str.strip_chars().str.to_lowercase())


def phone_name(number: pl.Expr) -> pl.Expr:
    """Name of whoever has a phone number, in E.164 where that is known."""
    return _name("phone", number.str.strip_chars())


def name_columns(table: Table) -> list[str]:
    """Columns that the names of a table's rows are made of; none where nobody is named."""
    return sorted({root for name in names(table).values() for root in name.meta.root_names()})


def _wholes(table: Table) -> Iterator[Table]:
    """The table itself, and those whose records its rows are part of, that say whose they are."""
    for whole in FAMILIES[table.family].tables:
        if says_whose(whole) and set(whole.key) <= set(table.by_name):
            yield whole


def _name(kind: str, *parts: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(kind), *parts, separator=_SEPARATOR)
