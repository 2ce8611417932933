"""What customers wrote, in their own words: complaints and praise."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from orchestration.report.drawings import render
from orchestration.report.figure import Figure, Result, Row
from orchestration.report.figures.context import Context

_EACH = 8
"""Comments shown of each touchpoint and tone."""
_FOLD = 320
"""Characters from which a comment is folded."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_TONES = {"complaint": "What hurt", "praise": "What customers praise", "between": "In between"}
_SCORES = {
    "complaint": "low score (NPS 0 to 6; of other scales the lower half)",
    "praise": "high score (NPS 9 or 10; of other scales the upper quarter)",
}
LOW = "(metric = 'nps' and score <= 6 or metric != 'nps' and place <= 0.5)"
"""The condition for a low score: 0 to 6 of a recommend question, else the lower half of a scale."""
_HIGH = "(metric = 'nps' and score >= 9 or metric != 'nps' and place >= 0.75)"


@dataclass(frozen=True)
class Comment:
    """A comment as it is shown."""

    text: str
    whole: str
    rest: str
    language: str
    tone: str
    themes: str
    by: str


@dataclass(frozen=True)
class Group:
    """Comments of a touchpoint."""

    name: str
    note: str
    comments: list[Comment]


def complaints(context: Context) -> list[Figure]:
    """Those that came with a low score."""
    return [_figure(context, "complaint")]


def praise(context: Context) -> list[Figure]:
    """Those that came with a high one."""
    return [_figure(context, "praise")]


def _figure(context: Context, tone: str) -> Figure:
    facts = context.facts
    themes = "comments.themes" if facts.has("comments", "themes") else "null::varchar as themes"
    keys = "voice_id, metric"
    return Figure(
        name=f"words-{tone}",
        title=_TONES[tone],
        says=(
            f"The newest {_EACH} comments of each touchpoint that came with a "
            f"{_SCORES[tone]}. Addresses, phone, card and account numbers are masked. They are "
            "what some wrote: how many feel so, the scores tell."
        ),
        sql=f"""
        with scales as (
            select {keys},
                max((score - scale_min) / nullif(scale_max - scale_min, 0)) as place,
                max(scale_max) as scale_max
            from scores
            group by {keys}
        ),

        scored as (
            select comments.touchpoint, comments.commented_at, comments.comment, comments.language,
                comments.metric, comments.score, comments.segment, comments.source, scales.place,
                scales.scale_max, {themes}, comments.comment_id
            from comments
            inner join scales using ({keys})
            where comments.commented_at <= {facts.now}
                and comments.comment is not null and {context.at("comments.touchpoint")}
        )

        select touchpoint, commented_at, comment, language, metric, score, scale_max, segment,
            source, themes, count(*) over (partition by touchpoint) as n
        from scored
        where {LOW if tone == "complaint" else _HIGH}
        qualify row_number() over (
            partition by touchpoint order by commented_at desc, comment_id
        ) <= {_EACH}
        order by touchpoint, commented_at desc, comment_id
        """,
        draw=lambda result: _draw(context, result, tone),
        when=facts.until,
        empty="Nobody has written a comment with such a score yet.",
        is_whole=True,
    )


def _draw(context: Context, result: Result, tone: str) -> Markup:
    groups = []
    for name in dict.fromkeys(row["touchpoint"] for row in result.rows):
        rows = [row for row in result.rows if row["touchpoint"] == name]
        note = f"{len(rows)} of {rows[0]['n']:,}"
        groups.append(Group(name, note, [_comment(context, row, tone) for row in rows]))
    return render("comments.html", groups=groups)


def _comment(context: Context, row: Row, tone: str) -> Comment:
    whole = row["comment"]
    is_long = len(whole) > _FOLD
    language = row["language"] or ""
    return Comment(
        text=whole[:_FOLD] if is_long else whole,
        whole=whole,
        rest=whole[_FOLD:] if is_long else "",
        language=language if _LANGUAGE.fullmatch(language) else "",
        tone=tone,
        themes=row["themes"] or "",
        by=" · ".join(_by(context, row)),
    )


def _by(context: Context, row: Row) -> list[str]:
    """What is known of a comment and of who wrote it."""
    score = f"{context.words(row['metric']).label} {row['score']:g} of {row['scale_max']:g}"
    segment = row["segment"] if row["segment"] != "unknown" else None
    themes = (row["themes"] or "").replace("_", " ")
    told = (score, f"{row['commented_at']:%d %b %Y}", segment, row["source"], themes)
    return [part for part in told if part]
