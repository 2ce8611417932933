"""A hand-made release: the database that dbt would leave, small enough to read."""

from __future__ import annotations

import duckdb
from house import House, review

from orchestration.dbt.manifest import PublicColumn
from orchestration.publishing.about import Edition

METRICS = """
    select 'nps' as metric, 'nps 0-10' as method_version, 'all' as period_grain,
        date '2026-01-01' as period_start, date '2026-03-31' as period_end, 'all' as source,
        'delivery' as touchpoint, 'all' as segment, 'all' as stage,
        'all' as channel, 'all' as account_id, 'touchpoint' as cut_by, 10::bigint as n,
        40.0::double as value,
        12.5::double as interval_low, 61.0::double as interval_high,
        3.0::double as change, -20.5::double as change_low, 26.5::double as change_high,
        1.0::double as year_change, -22.0::double as year_change_low,
        24.0::double as year_change_high, 39.0::double as value_weighted,
        11.0::double as value_weighted_low, 60.5::double as value_weighted_high,
        'invited / completed' as weights_method, 41.0::double as value_deseasoned,
        12.0::double as value_deseasoned_low, 65.0::double as value_deseasoned_high,
        'additive' as season_method
"""
COMMENTS = """
    select i::bigint as comment_id, timestamp '2026-03-01 12:00:00' as commented_at,
        'parcel ' || i || ' came late' as comment
    from range(1, 11) as t(i)
"""
EDITION = Edition(version="v1", run_id="run 1", code="1.0 (abc)", fingerprint="0123456789abcdef")


def stock(house: House, **tables: str) -> None:
    """Load one row into raw, and make the release of some tables, each by its query."""
    house.land([review(1)])
    house.load()
    release(house, **({"metrics": METRICS, "comments": COMMENTS} | tables))


def release(house: House, **tables: str) -> None:
    """The release file, made anew, in the format that dbt writes it."""
    house.settings.release.unlink(missing_ok=True)
    with duckdb.connect() as db:
        db.execute(f"attach '{house.settings.release}' as release (storage_version 'v1.0.0')")
        for name, query in tables.items():
            db.execute(f"create table release.main.{name} as {query}")
            db.execute(f"comment on table release.main.{name} is 'One row per {name}.'")


def columns(house: House) -> set[PublicColumn]:
    """Every column of the release."""
    with duckdb.connect(house.settings.release, read_only=True) as db:
        rows = db.execute("select table_name, column_name from duckdb_columns() where not internal")
        return {PublicColumn(*row) for row in rows.fetchall()}
