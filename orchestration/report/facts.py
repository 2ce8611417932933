"""What the published file holds and until when: what the queries of the figures depend on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orchestration.report.totals import totals
from orchestration.warehouse import Connection
from orchestration.warehouse.sql import timestamp


@dataclass(frozen=True)
class Facts:
    """What there is to report on."""

    columns: dict[str, set[str]]
    """Columns by table."""
    as_of: datetime
    """Newest voice that is not in the future, UTC; where there is none, the time of publication."""
    sources: tuple[str, ...]
    versions: dict[str, tuple[str, ...]]
    """Method versions by metric, of the last twelve months, that with the most answers first."""

    places: dict[str, tuple[str, ...]]
    """Touchpoints with a month of their own, by metric."""

    @property
    def today(self) -> str:
        """The day of `as_of` as an SQL literal: a month that ended before it is complete."""
        return f"date '{self.as_of:%Y-%m-%d}'"

    @property
    def now(self) -> str:
        """`as_of` as an SQL literal."""
        return timestamp(self.as_of)

    @property
    def until(self) -> str:
        """`as_of` in words, where everything up to it is told."""
        return f"Until {self.as_of:%d %b %Y}"

    def first_day(self, months: int) -> date:
        """First day of the month so many before that of `as_of`."""
        years, month = divmod(self.as_of.year * 12 + self.as_of.month - 1 - months, 12)
        return date(years, month + 1, 1)

    def months_ago(self, months: int) -> str:
        """The same as an SQL literal."""
        return f"date '{self.first_day(months):%Y-%m-%d}'"

    def totals(self, *grains: str, by: tuple[str, ...] = ()) -> str:
        """The condition for totals in `metrics`, by period and by some dimensions."""
        return totals(self.columns.get("metrics", set()), grains, by)

    def has(self, table: str, *columns: str) -> bool:
        """Whether the file has a table, with these columns."""
        return table in self.columns and self.columns[table].issuperset(columns)


def read(connection: Connection) -> Facts:
    """Look at a published file."""
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns() where not internal"
    ).fetchall():
        columns.setdefault(table, set()).add(column)
    as_of = _as_of(connection, columns)
    return Facts(
        columns=columns,
        as_of=as_of,
        sources=_sources(connection, columns),
        versions=_versions(connection, columns, as_of),
        places=_places(connection, columns),
    )


def _as_of(connection: Connection, columns: dict[str, set[str]]) -> datetime:
    newest = None
    if "journey_events" in columns:
        newest = connection.execute(
            "select max(occurred_at) from journey_events "
            "where occurred_at <= (select published_at from about)"
        ).fetchone()
    if newest is None or newest[0] is None:
        newest = connection.execute("select published_at from about").fetchone()
    assert newest is not None  # noqa: S101 - `about` has one row
    return datetime.fromisoformat(str(newest[0]))


def _sources(connection: Connection, columns: dict[str, set[str]]) -> tuple[str, ...]:
    if "about_sources" not in columns:
        return ()
    rows = connection.execute("select distinct source from about_sources order by source")
    return tuple(row[0] for row in rows.fetchall())


def _places(connection: Connection, columns: dict[str, set[str]]) -> dict[str, tuple[str, ...]]:
    if "metrics" not in columns:
        return {}
    rows = connection.execute(
        f"""
        select metric, list(distinct touchpoint) from metrics
        where {totals(columns["metrics"], ["month"], ["touchpoint"])} group by metric
        """
    )
    return {metric: tuple(places) for metric, places in rows.fetchall()}


def _versions(
    connection: Connection, columns: dict[str, set[str]], as_of: datetime
) -> dict[str, tuple[str, ...]]:
    if "metrics" not in columns or "method_version" not in columns["metrics"]:
        return {}
    since = as_of - timedelta(days=366)
    rows = connection.execute(
        f"""
        select metric, method_version from metrics
        where {totals(columns["metrics"], ["month"])} and period_start >= date '{since:%Y-%m-%d}'
        group by all order by metric, sum(n) desc nulls last, method_version
        """
    ).fetchall()
    found: dict[str, tuple[str, ...]] = {}
    for metric, version in rows:
        found[metric] = (*found.get(metric, ()), version)
    return found
