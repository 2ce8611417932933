"""People as the pass compares them: staging.stg_people -> one row per person, fields in columns."""

from __future__ import annotations

import polars as pl

from orchestration.matching.config import MatchingConfig
from orchestration.warehouse import Connection
from orchestration.warehouse.sql import literal, quote


def read(connection: Connection, config: MatchingConfig) -> pl.DataFrame:
    """Everybody whom a source still knows: `person` (a number), `source`, `person_ref`, fields."""
    dates = {c.field for c in config.compare if c.kind == "date"}
    fields = ", ".join(
        f"{_normal(_value(column), digits=name in dates)} as {quote(name)}"
        for name, column in config.fields.items()
    )
    # in one order, so that what is drawn from them by chance is the same on every machine
    return connection.sql(
        "select row_number() over (order by source, person_ref) as person, source, person_ref, "
        f"{fields} from staging.stg_people where not is_deleted order by person"
    ).pl()


def _value(column: str) -> str:
    """SQL for what a field is made of."""
    name, _, part = column.partition(".")
    if name == "attributes":
        return f"json_extract_string(attributes, {literal(f'$.{quote(part)}')})"
    if name == "phone":
        return "coalesce(phone_e164, phone)"
    if part:
        at = {"first": "1", "last": "-1"}[part]
        return f"split_part(trim({quote(name)}), ' ', {at})"
    return quote(name)


def _normal(value: str, *, digits: bool) -> str:
    """Case, accents and blanks say nothing of who somebody is; nor do the strokes of a date."""
    if digits:
        return f"nullif(regexp_replace({value}, '[^0-9]', '', 'g'), '')"
    return f"nullif(strip_accents(lower(trim({value}))), '')"
