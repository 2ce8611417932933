"""The raw gate: newly loaded rows against their family's contract.

Rows that break a rule are moved to `raw.<table>__rejects` with the reason; what came in is what
was accepted, rejected or a repetition, and the gate asserts it. Too many culprits in a table
mean that the source or its mapping is broken: then nothing is moved, nothing is modelled, and
the check fails until a replay, a better export or a higher threshold settles it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.families import TABLES, Table
from orchestration.checks.rules import Rule, rules_for
from orchestration.settings import Settings
from orchestration.warehouse import Connection, connect
from orchestration.warehouse.sql import columns, literal, literals, quote, utc_now


@dataclass(frozen=True)
class Verdict:
    """What the gate found in one table: new rows, culprits by rule, and whether they may pass."""

    table: str
    rows: int
    culprits: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    passed: bool = True


def judge(settings: Settings) -> list[Verdict]:
    """Judge all rows that no gate has seen yet, table by table.

    Raises:
        FixEnvironment: A check could not run.
    """
    with connect(settings.warehouse, read_only=True) as connection:
        loads = waiting(connection)
        counts = {table: _new_rows(connection, table, loads) for table in TABLES.values()}
    if not any(counts.values()):
        return _passed(settings, loads, [Verdict(table.name, 0) for table in counts])
    found = _culprits(settings, loads, [table for table, rows in counts.items() if rows])
    return _settle(settings, loads, counts, found)


def waiting(connection: Connection) -> list[str]:
    """Loads that have not passed the gate, oldest first."""
    return [
        row[0]
        for row in connection.execute(
            "select load_id from raw._loads where gated_at is null and superseded_by is null "
            "order by load_id"
        ).fetchall()
    ]


def _new_query(table: Table, loads: list[str], selection: str = "*") -> str:
    # the time prunes whole row groups, the ids alone cannot
    return (
        f"select {selection} from raw.{quote(table.name)} where _load_id in ({literals(loads)}) "
        f"and _loaded_at >= (select min(loaded_at) from raw._loads "
        f"where load_id in ({literals(loads)}))"
    )


def _new_rows(connection: Connection, table: Table, loads: list[str]) -> int:
    if not loads:
        return 0
    row = connection.execute(f"select count(*) from ({_new_query(table, loads)})").fetchone()
    return int(row[0]) if row else 0


def _culprits(
    settings: Settings, loads: list[str], tables: list[Table]
) -> dict[str, dict[str, int]]:
    # imported here: it takes seconds, and a run with nothing new must not pay them
    from orchestration.checks.validation import Suite, validate  # noqa: PLC0415

    suites = [Suite(table.name, _new_query(table, loads), rules_for(table)) for table in tables]
    return validate(settings.warehouse, settings.data_docs / "raw_gate", suites)


def _settle(
    settings: Settings,
    loads: list[str],
    counts: dict[Table, int],
    found: dict[str, dict[str, int]],
) -> list[Verdict]:
    """Move culprits out of raw, unless there are too many of them."""
    with connect(settings.warehouse) as connection:
        connection.execute("begin")
        verdicts = []
        for table, rows in counts.items():
            culprits = {rule: n for rule, n in found.get(table.name, {}).items() if n}
            rejected = _quarantine(connection, table, loads, culprits) if culprits else 0
            passed = rejected <= settings.max_rejected * rows
            verdicts.append(Verdict(table.name, rows, culprits, rejected, passed))
        if all(verdict.passed for verdict in verdicts):
            _close(connection, loads)
            connection.execute("commit")
        else:
            connection.execute("rollback")
    return verdicts


def _passed(settings: Settings, loads: list[str], verdicts: list[Verdict]) -> list[Verdict]:
    if loads:
        with connect(settings.warehouse) as connection:
            connection.execute("begin")
            _close(connection, loads)
            connection.execute("commit")
    return verdicts


def _quarantine(
    connection: Connection,
    table: Table,
    loads: list[str],
    culprits: dict[str, int],
) -> int:
    """Move a table's culprits to its rejects, each with all its reasons. Returns the rows."""
    broken = [rule for rule in rules_for(table) if rule.name in culprits]
    connection.execute(
        f"create or replace temp table culprits as "
        f"with new_rows as ({_new_query(table, loads, 'rowid as row_id, *')}) "
        f"select *, concat_ws('; ', {_reasons(broken)}) as _reason, "
        f"{', '.join(f'({r.culprit}) as {quote(r.name)}' for r in broken)} "
        f"from new_rows where {' or '.join(f'({r.culprit})' for r in broken)}"
    )
    for rule in broken:
        _agree(connection, table, rule, culprits[rule.name])
    kept = columns([*(c.name for c in table.columns), "_loaded_at", "_reason"])
    moved = connection.execute(
        f"insert into raw.{quote(table.name + '__rejects')} by name "
        f"select {kept}, {utc_now()} as _rejected_at from culprits"
    ).fetchone()
    connection.execute(
        f"delete from raw.{quote(table.name)} where rowid in (select row_id from culprits)"
    )
    connection.execute(
        f"""
        update raw._load_tables as l
        set rows_accepted = rows_accepted - c.n, rows_rejected = rows_rejected + c.n
        from (
            select loads.package_id, count(*) as n
            from culprits join raw._loads as loads on loads.load_id = culprits._load_id
            group by all
        ) as c
        where l.load_id = c.package_id and l.table_name = {literal(table.name)}
        """
    )
    return int(moved[0]) if moved else 0


def _reasons(rules: list[Rule]) -> str:
    return ", ".join(f"case when {rule.culprit} then {literal(rule.reason)} end" for rule in rules)


def _agree(connection: Connection, table: Table, rule: Rule, expected: int) -> None:
    row = connection.execute(f"select count(*) from culprits where {quote(rule.name)}").fetchone()
    if row is None or row[0] != expected:
        raise AssertionError(
            f"raw.{table.name}, {rule.name}: the suite counts {expected} rows, the rule {row}"
        )


def _close(connection: Connection, loads: list[str]) -> None:
    """Mark loads as judged, after asserting that not one of their rows got lost."""
    lost = connection.execute(
        f"""
        select load_id || ' ' || table_name from raw._load_tables
        where load_id in (select package_id from raw._loads where load_id in ({literals(loads)}))
        and rows_in <> rows_accepted + rows_rejected + rows_deduplicated
        """
    ).fetchall()
    if lost:
        raise AssertionError(f"rows in are not rows accepted, rejected and repeated: {lost}")
    connection.execute(
        f"update raw._loads set gated_at = {utc_now()} where load_id in ({literals(loads)})"
    )
