"""`earful status`."""

from __future__ import annotations

from dataclasses import asdict

from orchestration import settings as instance_settings
from orchestration.cli.output import Json, show, show_json, show_table


def status(*, as_json: Json = False) -> int:
    """Sources, cursors, lag, pending packages, rejects, gates, published version."""
    from orchestration.overview import Overview, overview

    state: Overview = overview(instance_settings.load())
    if as_json:
        import msgspec

        show_json(msgspec.to_builtins(asdict(state)))
        return 0
    show_table(
        "Sources",
        [
            "stream",
            "packages",
            "pending",
            "read",
            "set aside",
            "newest record",
            "landed (UTC)",
            "hours ago",
        ],
        [
            [
                s.stream,
                s.packages,
                s.pending,
                s.counts.read,
                s.counts.rejected,
                f"{s.newest_record:%Y-%m-%d %H:%M}" if s.newest_record else "",
                f"{s.last_landed:%Y-%m-%d %H:%M}" if s.last_landed else "never",
                s.lag_hours,
            ]
            for s in state.streams
        ],
    )
    show()
    if any(s.pending is None for s in state.streams):
        show("the warehouse is being written: what is pending is not known until that is done")
    for table, rows in state.rejected_by_gate.items():
        show(f"raw gate: {rows:,} rows set aside in raw.{table}__rejects")
    if state.waiting_for_gate:
        show(
            f"raw gate: {len(state.waiting_for_gate)} loads wait, from {state.waiting_for_gate[0]}"
        )
    about = state.published
    if about:
        show(
            f"published: {about['version']}, {about['total_rows']:,} rows, gate {about['gate']}, "
            f"{about['published_at']:%Y-%m-%d %H:%M} UTC; {len(state.versions)} versions kept"
        )
    else:
        show("published: nothing yet; earful run publishes the first version")
    for table, rows in state.to_do.items():
        show(f"to do: {rows:,} rows in {table}")
    show(f"writer: {state.writer.sentence() if state.writer else 'nobody'}")
    return 0
