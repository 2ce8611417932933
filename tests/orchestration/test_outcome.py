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


def test_a_wrong_definition_is_named_by_the_table_that_lists_it() -> None:
    found = _culprits(
        "no_row_is_wrong_journeys_to_check_",
        dg.AssetKey(["marts", "journeys_to_check"]),
        {"dagster_dbt/failed_row_count": dg.MetadataValue.int(2)},
    )

    assert found == '2 rows; earful sql "select * from journeys_to_check" names them'
