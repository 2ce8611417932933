"""What stands below every page: which version it was made of, and how old that is."""

from __future__ import annotations

from datetime import timedelta

from markupsafe import Markup

from orchestration.report.drawings import render
from orchestration.report.facts import Facts
from orchestration.report.figure import Figure, Result

_OLD = timedelta(days=3)
"""Age of the newest voice from which a page says that it is old."""


def edition(facts: Facts) -> Figure:
    """The version, its gate, its age."""
    newest = (
        "(select max(occurred_at) from journey_events where occurred_at <= published_at)"
        if facts.has("journey_events")
        else "null::timestamp"
    )
    return Figure(
        name="edition",
        title="What this was made of",
        says="All times are UTC. Months are calendar months; one counts once it is over.",
        sql=f"""
        select version, published_at, code_version, gate, total_rows, source_count,
            {newest} as newest_voice_at
        from about
        """,
        draw=_draw,
    )


def _draw(result: Result) -> Markup:
    row = result.rows[0]
    text = (
        f"Version {row['version']}, published {row['published_at']:%d %b %Y %H:%M} by Earful "
        f"{row['code_version']}; release gate: {row['gate']}; {row['total_rows']:,} rows of "
        f"{row['source_count']} sources."
    )
    if row["newest_voice_at"]:
        text += f" The newest voice is of {row['newest_voice_at']:%d %b %Y %H:%M}"
        silent = row["published_at"] - row["newest_voice_at"]
        text += (
            f", {silent.days} days older than that: wherever a page says now, it means then."
            if silent > _OLD
            else "."
        )
    return render("edition.html", text=text)
