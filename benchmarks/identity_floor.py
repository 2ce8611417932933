"""Who is who by hand: links of records, and the least label of each component, in memory.

What one would write for these very people. It takes addresses and numbers as they are, sets
nothing aside, and keeps neither ids nor what changed; of a day on top it knows nothing.
"""

from __future__ import annotations

import time
from pathlib import Path

from orchestration.warehouse import Connection, scratch

_TOLD = "hash('email', lower(trim(email))) as email, hash('phone', phone_e164) as phone"
_SETUP = f"""
    create temp table records as
        select hash('person', source, trim(person_ref)) as person, {_TOLD} from warehouse.raw.people
        union all
        select null, {_TOLD} from warehouse.raw.value_events;
    create temp table links as
        select distinct a, b from (
            select person as a, email as b from records where person is not null
            union all
            select person, phone from records where person is not null
            union all
            select email, phone from records
        );
    create temp table edges as from links union all select b, a from links;
    create temp table labels as select a as node, least(a, min(b)) as label from edges group by a;
"""
_SPREAD = """
    create or replace temp table spread as
        select node, min(label) as label from (
            select edges.a as node, labels.label from edges join labels on edges.b = labels.node
            union all
            from labels
        ) group by node
"""
_MOVED = """
    select count(*) from spread join labels using (node) where spread.label <> labels.label
"""


def seconds(warehouse: Path) -> tuple[float, int, int]:
    """Seconds that it takes; and how many references and customers it finds."""
    with scratch() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        began = time.perf_counter()
        connection.execute(_SETUP)
        while _spread(connection):
            connection.execute("create or replace temp table labels as from spread")
        taken = time.perf_counter() - began
        [(nodes, customers)] = connection.execute(
            "select count(*), count(distinct label) from labels"
        ).fetchall()
    return taken, nodes, customers


def _spread(connection: Connection) -> int:
    """Hand labels on to neighbours once; how many took a smaller one."""
    connection.execute(_SPREAD)
    [(moved,)] = connection.execute(_MOVED).fetchall()
    return int(moved)
