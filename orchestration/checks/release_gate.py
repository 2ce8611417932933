"""The release gate: what may be published, and what may not.

No naked score, no personal column or address, no table that collapsed against the published
version, nothing stale. A refusal leaves the published version as it is and says which rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestration.checks import masks
from orchestration.checks.rules import Rule
from orchestration.dbt.manifest import PublicColumn, free_texts, may_shrink, public_columns
from orchestration.publishing import about
from orchestration.publishing.snapshot import tables
from orchestration.publishing.versions import FILE
from orchestration.settings import Settings
from orchestration.warehouse import connect
from orchestration.warehouse.sql import literal, quote, utc_now

CHECKS = {
    "no_naked_score": "Every published number has n, interval, period and method version.",
    "no_naked_estimate": "Every estimate has n, interval, period and method version.",
    "no_naked_share": "Every share and median has both ends of its interval.",
    "no_personal_data": "No column is personal or undeclared, and no text holds what is masked.",
    "plain_types": "Every column has a type that each reader understands.",
    "not_collapsed": "No table lost more rows against the published version than is allowed.",
    "fresh": "The newest load is not older than is allowed.",
}
ESTIMATES = {"outcomes": "estimate", "drivers": "points"}
"""Tables, beside metrics, of one number each, with `interval_low` and `interval_high`."""

_SHOWN = 5
_PLAIN = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Check:
    """One rule about the rows of one query, and the columns that name a culprit to people."""

    name: str
    query: str
    condition: str
    shown: str

    def rule(self) -> Rule:
        """The check as a rule of a suite."""
        return Rule(
            self.name,
            CHECKS[self.name],
            "UnexpectedRowsExpectation",
            {"unexpected_rows_query": f"select 1 from {{batch}} where {self.condition}"},
            self.condition,
        )


@dataclass(frozen=True)
class Finding:
    """What one check found: culprits, and a few of them by name."""

    name: str
    culprits: int
    examples: list[str]


def judge(settings: Settings) -> list[Finding]:
    """Run every check of the release gate.

    Raises:
        FixEnvironment: A check could not run.
    """
    # imported here: it takes seconds, and a run with nothing new must not pay them
    from orchestration.checks.validation import Suite, validate  # noqa: PLC0415

    checks = _checks(settings)
    found = validate(
        settings.release,
        settings.data_docs / "release_gate",
        [Suite(check.name, check.query, [check.rule()]) for check in checks],
    )
    return [
        Finding(check.name, culprits, _examples(settings, check) if culprits else [])
        for check in checks
        for culprits in [found[check.name][check.name]]
    ]


def _checks(settings: Settings) -> list[Check]:
    return [
        Check(
            "no_naked_score",
            "select * from main.metrics",
            "value is not null and (n is null or interval_low is null or interval_high is null "
            "or period_start is null or period_end is null or method_version is null) "
            "or change is not null and (change_low is null or change_high is null) "
            "or year_change is not null and (year_change_low is null or year_change_high is null) "
            "or value_weighted is not null and (value_weighted_low is null "
            "or value_weighted_high is null or weights_method is null) "
            "or value_deseasoned is not null and (value_deseasoned_low is null "
            "or value_deseasoned_high is null or season_method is null)",
            "concat_ws(' ', metric, period_grain, cut_by, source, touchpoint, segment, stage, "
            "channel, period_start)",
        ),
        _estimates(settings),
        _shares(settings),
        _personal(settings),
        _types(settings),
        _collapse(settings),
        _freshness(settings),
    ]


def _estimates(settings: Settings) -> Check:
    """Numbers that no other may be read without; of tables that are there."""
    there = {table for table, _, _ in _columns(settings)}
    needed = ("n", "interval_low", "interval_high", "period_start", "period_end", "method_version")
    query = " union all ".join(
        f"select {literal(f'{table}.{number} is naked')} as culprit from main.{quote(table)} "
        f"where {quote(number)} is not null "
        f"and ({' or '.join(f'{quote(column)} is null' for column in needed)})"
        for table, number in ESTIMATES.items()
        if table in there
    )
    empty = "select null as culprit where false"
    return Check("no_naked_estimate", query or empty, "culprit is not null", "culprit")


def _shares(settings: Settings) -> Check:
    """Columns that come with `_low` and `_high`, in every table but metrics, which has a check."""
    there = {(table, column) for table, column, _ in _columns(settings) if table != "metrics"}
    shares = sorted((t, c) for t, c in there if {(t, f"{c}_low"), (t, f"{c}_high")} <= there)
    query = " union all ".join(
        f"select {literal(f'{t}.{c} has no interval')} as culprit from main.{quote(t)} "
        f"where {quote(c)} is not null "
        f"and ({quote(f'{c}_low')} is null or {quote(f'{c}_high')} is null)"
        for t, c in shares
    )
    empty = "select null as culprit where false"
    return Check("no_naked_share", query or empty, "culprit is not null", "culprit")


def _personal(settings: Settings) -> Check:
    """Columns that nobody declared fit for publishing, and cells that hold what is masked."""
    declared = public_columns(settings)
    there = _columns(settings)
    undeclared = [(t, c) for t, c, _ in there if PublicColumn(t, c) not in declared]
    named = [
        f"select {literal(f'{t}.{c} is not declared public')} as culprit" for t, c in undeclared
    ]
    written = free_texts(settings)
    texts = [(t, c) for t, c, data_type in there if data_type == "VARCHAR"]
    judged = _unmasked if settings.publish_texts else _any_text
    cells = [judged(t, c) for t, c in texts if PublicColumn(t, c) in written]
    others = [_maybe_addressed(t, c) for t, c in texts if PublicColumn(t, c) not in written]
    # the pattern of an address takes 20 ms to compile. It is compiled once where values of all
    # columns met: DuckDB would push a condition into each, and without grouping count there
    met = (
        f"select place, value, count(*) as cells from ({' union all '.join(others)}) "
        "group by place, value"
    )
    addressed = (
        "select place || ' holds an e-mail address' as culprit "
        "from (select place, unnest(range(n)) from (select place, "
        f"sum(cells) filter (where {masks.holds_email('value')})::bigint as n "
        f"from ({met}) group by place))"
    )
    query = " union all ".join([*named, *cells, *([addressed] if others else [])])
    empty = "select null as culprit where false"
    return Check("no_personal_data", query or empty, "culprit is not null", "culprit")


def _unmasked(table: str, column: str) -> str:
    """Kinds that somebody's words hold, once a cell: whatever masking them again would change."""
    text = quote(column)
    found = (
        f"select {masks.kinds_added('text', 'redacted')} as kinds from "
        f"(select {text} as text, {masks.masked(text)} as redacted from main.{quote(table)}) "
        "where text <> redacted"
    )
    return (
        f"select {literal(f'{table}.{column} holds ')} || kind as culprit from "
        f"(select unnest(if(kinds = [], ['what is masked'], kinds)) as kind from ({found}))"
    )


def _any_text(table: str, column: str) -> str:
    """Words where none are to be published."""
    return (
        f"select {literal(f'{table}.{column} holds texts, and EARFUL_PUBLISH_TEXTS is off')} "
        f"as culprit from main.{quote(table)} where {quote(column)} is not null"
    )


def _maybe_addressed(table: str, column: str) -> str:
    """Values that may hold an e-mail address; rows of digits are ids in what nobody wrote."""
    return (
        f"select {literal(f'{table}.{column}')} as place, {quote(column)} as value "
        f"from main.{quote(table)} where {masks.may_hold_email(quote(column))}"
    )


def _types(settings: Settings) -> Check:
    """Columns that some readers cannot read, and that nobody searches for addresses."""
    odd = [
        f"select {literal(f'{table}.{column} is {data_type}')} as culprit"
        for table, column, data_type in _columns(settings)
        if data_type.partition("(")[0] not in _PLAIN
    ]
    query = " union all ".join(odd) or "select null as culprit where false"
    return Check("plain_types", query, "culprit is not null", "culprit")


def _columns(settings: Settings) -> list[tuple[str, str, str]]:
    """Every column of the release: table, name, type."""
    with connect(settings.release, read_only=True) as connection:
        return connection.execute(
            "select table_name, column_name, data_type from duckdb_columns() "
            "where database_name = current_database() and schema_name = 'main' order by all"
        ).fetchall()


def _collapse(settings: Settings) -> Check:
    """Rows of each table now and in the published version."""
    published = settings.published / FILE
    before: dict[str, int] = {}
    if published.exists():
        with connect(published, read_only=True) as connection:
            before = tables(connection, published.resolve().stem)
    with connect(settings.release, read_only=True) as connection:
        now = tables(connection, settings.release.stem)
    shrinking = may_shrink(settings)
    rows = [
        # a list of what is to be done is empty when it is done, but there
        f"({literal(name)}, {now.get(name, 'null')}, {0 if name in shrinking else rows})"
        for name, rows in before.items()
        # publishing adds these
        if name not in about.TABLES
    ] or ["(null, null::bigint, null::bigint)"]
    kept = 1 - settings.max_collapse
    return Check(
        "not_collapsed",
        f"select * from (values {', '.join(rows)}) as t(table_name, now, before)",
        # gone is worse than empty, but who allows everything allows that too
        f"now < {kept!r} * before or (now is null and before is not null and {kept!r} > 0)",
        "concat(table_name, ': ', before, ' rows published, ', coalesce(now::varchar, 'gone'), "
        "' now')",
    )


def _freshness(settings: Settings) -> Check:
    with connect(settings.warehouse, read_only=True) as connection:
        row = connection.execute("select max(loaded_at)::varchar from raw._loads").fetchone()
    newest = f"timestamp {literal(row[0])}" if row and row[0] else "null::timestamp"
    return Check(
        "fresh",
        f"select {newest} as newest",
        f"newest is null or newest < {utc_now()} - to_minutes({int(settings.max_age_hours * 60)})",
        "coalesce('newest load: ' || newest, 'nothing was ever loaded')",
    )


def _examples(settings: Settings, check: Check) -> list[str]:
    with connect(settings.release, read_only=True) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            f"select {check.shown} as shown, count(*) from ({check.query}) "
            f"where {check.condition} group by 1 order by 2 desc, 1 limit {_SHOWN}"
        ).fetchall()
    return [f"{shown} ({count} rows)" if count > 1 else str(shown) for shown, count in rows]
