"""The raw gate: newly loaded rows against their family's contract.

Rows that break a rule are moved to `raw.<table>__rejects` with the reason; what came in is what
was accepted, rejected or a repetition, and the gate asserts it. A culprit that is among the
rejects already, word for word, is a repetition: a file that is read again brings it again. Too
many culprits in a table mean that the source or its mapping is broken: then nothing is moved,
nothing is modelled, and the check fails until a replay, a better export or a higher threshold
settles it.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace

from connectors.families import TABLES, Table
from orchestration.checks.rules import Rule, rules_for
from orchestration.settings import Settings
from orchestration.warehouse import Connection, connect
from orchestration.warehouse.sql import columns, literal, literals, quote, utc_now


@dataclass(frozen=True)
class Verdict:
    """What the gate found in one table, and whether it may pass.

    Args:
        table: The table, without its schema.
        rows: New rows, without repeated ones.
        culprits: How many of them break each rule.
        rejected: How many of them break any.
        repeated: Rows that break a rule and are among the rejects already.
        passed: Whether few enough do.
        moved: How many are in the rejects now: none where any table blocks.
        sources: Whose rows break a rule.
        query: Query that returns the rows that break a rule.
    """

    table: str
    rows: int
    culprits: dict[str, int] = field(default_factory=dict)
    rejected: int = 0
    repeated: int = 0
    passed: bool = True
    moved: int = 0
    sources: tuple[str, ...] = ()
    query: str = ""

    def sentence(self, max_rejected: float) -> str:
        """Why the table blocks, and what to do. Holds no value of any row."""
        rules = ", ".join(f"{rule} ({n})" for rule, n in self.culprits.items())
        return (
            f"{self.rejected} of {self.rows} new rows break the contract, more than "
            f"EARFUL_MAX_REJECTED = {max_rejected:g} lets pass: {rules}; "
            f"from {', '.join(self.sources)}. Nothing was moved or modelled. See the rows with: "
            f"{self.query}. Mend the mapping and earful replay, or raise the limit."
        )


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
            verdict = Verdict(table.name, rows)
            culprits = {rule: n for rule, n in found.get(table.name, {}).items() if n}
            if culprits:
                verdict = _quarantine(connection, table, loads, verdict, culprits)
            passed = verdict.rejected <= settings.max_rejected * verdict.rows
            verdicts.append(replace(verdict, passed=passed))
        if all(verdict.passed for verdict in verdicts):
            _close(connection, loads)
            connection.execute("commit")
            return verdicts
        connection.execute("rollback")
    return [
        replace(v, moved=0, query=_culprits_query(table, v.culprits) if v.culprits else "")
        for table, v in zip(counts, verdicts, strict=True)
    ]


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
    verdict: Verdict,
    counted: dict[str, int],
) -> Verdict:
    """Move a table's culprits to its rejects, each with all its reasons.

    Args:
        connection: The warehouse, in a transaction.
        table: The table.
        loads: The loads that are judged.
        verdict: What is known of the table so far.
        counted: Culprits by rule, as the suite counts them.
    """
    broken = [rule for rule in rules_for(table) if rule.name in counted]
    connection.execute(
        f"create or replace temp table culprits as "
        f"with new_rows as ({_new_query(table, loads, 'rowid as row_id, *')}) "
        f"select *, concat_ws('; ', {_reasons(broken)}) as _reason, false as is_repeated, "
        f"{', '.join(f'({r.culprit}) as {quote(r.name)}' for r in broken)} "
        f"from new_rows where {' or '.join(f'({r.culprit})' for r in broken)}"
    )
    for rule in broken:
        _agree(connection, table, rule, counted[rule.name])
    _mark_repeated(connection, table)
    rejects = f"raw.{quote(table.name + '__rejects')}"
    kept = columns([*(c.name for c in table.columns), "_loaded_at", "_reason"])
    connection.execute(
        f"insert into {rejects} by name "
        f"select {kept}, {utc_now()} as _rejected_at from culprits where not is_repeated"
    )
    connection.execute(
        f"delete from raw.{quote(table.name)} where rowid in (select row_id from culprits)"
    )
    connection.execute(
        f"""
        update raw._load_tables as l
        set rows_accepted = rows_accepted - c.rejected - c.repeated,
            rows_rejected = rows_rejected + c.rejected,
            rows_deduplicated = rows_deduplicated + c.repeated
        from (
            select
                loads.package_id,
                count(*) filter (not is_repeated) as rejected,
                count(*) filter (is_repeated) as repeated
            from culprits join raw._loads as loads on loads.load_id = culprits._load_id
            group by all
        ) as c
        where l.load_id = c.package_id and l.table_name = {literal(table.name)}
        """
    )
    return _told(connection, verdict, broken, rejects)


def _mark_repeated(connection: Connection, table: Table) -> None:
    """Mark culprits that are among the rejects already, or in an earlier load of these.

    The loader cannot tell them: whether a row breaks a rule depends on its package and on when
    it is loaded, and a row that breaks none any more is to be accepted. A package that was
    replaced counts for nothing, and so its rejects hold nothing.
    """
    compared = [c.name for c in table.columns if c.name != "_load_id"]
    same = " and ".join(f"held.{quote(n)} is not distinct from new.{quote(n)}" for n in compared)
    connection.execute(
        f"""
        update culprits set is_repeated = true where row_id in (
            select new.row_id
            from culprits as new
            join (
                select {columns(compared)}, null as _load_id
                from raw.{quote(table.name + "__rejects")}
                where _load_id in (select load_id from raw._loads where superseded_by is null)
                union all
                select {columns(compared)}, _load_id from culprits
            ) as held on {same}
            where held._load_id is null or held._load_id < new._load_id
        )
        """
    )


def _told(connection: Connection, verdict: Verdict, broken: list[Rule], rejects: str) -> Verdict:
    """The verdict with what became of the culprits."""
    counts = ", ".join(f"count(*) filter ({quote(rule.name)})" for rule in broken)
    row = connection.execute(
        f"select (select count(*) from culprits where is_repeated), count(*), "
        f"list(distinct source order by source), {counts} from culprits where not is_repeated"
    ).fetchone()
    if row is None:
        raise AssertionError("a count is a row")
    repeated, rejected, sources, *by_rule = row
    return replace(
        verdict,
        rows=verdict.rows - repeated,
        culprits={rule.name: n for rule, n in zip(broken, by_rule, strict=True) if n},
        rejected=rejected,
        repeated=repeated,
        moved=rejected,
        sources=tuple(sources or ()),
        query=f"select * from {rejects}" if rejected else "",
    )


def _culprits_query(table: Table, names: Container[str]) -> str:
    """Query that returns the rows of loads that wait which break rules; they are in raw still."""
    broken = " or ".join(f"({r.culprit})" for r in rules_for(table) if r.name in names)
    return (
        f"with new_rows as (select * from raw.{quote(table.name)} where _load_id in "
        f"(select load_id from raw._loads where gated_at is null and superseded_by is null)) "
        f"select * from new_rows where {broken}"
    )


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
