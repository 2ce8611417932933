"""What a run came to is told once, however many streams or steps it befell."""

from __future__ import annotations

from orchestration.report import Report, StreamResult


def test_one_cause_is_one_sentence() -> None:
    streams = [
        StreamResult("desk.tickets", "support", error="desk: no token"),
        StreamResult("desk.users", "customer", error="desk: no token"),
        StreamResult("shop.orders", "customer", error="shop: no folder"),
        StreamResult("shop.refunds", "customer"),
    ]

    assert Report(streams=streams).failed_streams == {
        "desk: no token": ["desk.tickets", "desk.users"],
        "shop: no folder": ["shop.orders"],
    }
