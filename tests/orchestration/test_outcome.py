"""What a run came to is told once, however many streams or steps it befell."""

from __future__ import annotations

import dagster as dg

from orchestration.outcome import Outcome, StreamResult, _culprits, _read_raw_check


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


def test_what_the_gate_moved_is_refused_and_what_it_knew_was_not_loaded() -> None:
    def told(moved: int, repeated: int) -> Outcome:
        outcome = Outcome(loaded={"reviews": 4})
        counts = {"moved": moved, "rejected": 2, "repeated": repeated}
        metadata = {name: dg.MetadataValue.int(n) for name, n in counts.items()}
        _read_raw_check(outcome, "reviews", metadata)
        return outcome

    blocked, repeated, moved = told(0, 0), told(0, 4), told(2, 1)

    assert (blocked.refused_rows, blocked.loaded) == ({}, {"reviews": 4})
    assert (repeated.refused_rows, repeated.loaded) == ({}, {})
    assert (moved.refused_rows, moved.loaded) == ({"reviews": 2}, {"reviews": 3})
