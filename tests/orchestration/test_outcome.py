"""What a run came to is told once, however many streams or steps it befell."""

from __future__ import annotations

import dagster as dg

from orchestration.outcome import Outcome, StreamResult, _culprits


def test_one_cause_is_one_sentence() -> None:
    streams = [
        StreamResult("desk.tickets", "support", error="desk: no token"),
        StreamResult("desk.users", "customer", error="desk: no token"),
        StreamResult("shop.orders", "customer", error="shop: no folder"),
        StreamResult("shop.refunds", "customer"),
    ]

    assert Outcome(streams=streams).failed_streams == {
        "desk: no token": ["desk.tickets", "desk.users"],
        "shop: no folder": ["shop.orders"],
    }


def test_rows_that_may_hold_anything_are_only_counted() -> None:
    found = _culprits({"dagster_dbt/failed_row_count": dg.MetadataValue.int(2)})

    assert found == "2 rows; the run's log names the file with the query that returns them"
