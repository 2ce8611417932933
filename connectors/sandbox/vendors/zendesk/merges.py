"""How a merge shows at Zendesk: not as a field of the ticket, but as words.

The ticket merged away is closed and tagged `closed_by_merge`; on it stands the comment `This
request was closed and merged into request #2 "…".`, on the one that remains `Request #1 "…" was
closed and merged into this request.`, both with `via.source.rel` = `merge` naming the other
ticket. Tag and sentences are quoted by many public programs that read them; which side of
`source` names the other ticket is unverified.

The systems' table says only `merged_into_id`, so comments and events are made of that here.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.records import Records

TAG = "closed_by_merge"


def with_merge_comments(records: Records, comments: pl.DataFrame) -> pl.DataFrame:
    """The comments, with two more per merge; `merged_from` and `merged_to` mark those."""
    links = {"merged_from": pl.Int64(), "merged_to": pl.Int64()}
    marked = comments.with_columns(pl.lit(None, kind).alias(n) for n, kind in links.items())
    made = _sides(records, _next_id(comments["id"])).select(
        id=pl.col("comment_id"),
        at="at",
        ticket_id="ticket_id",
        author_id="author_id",
        body="body",
        public=pl.lit(value=False),
        channel=pl.lit("web"),
        created_at="at",
        merged_from="merged_from",
        merged_to="merged_to",
    )
    return pl.concat([marked, made])


def with_merge_events(records: Records, events: pl.DataFrame) -> pl.DataFrame:
    """The ticket events, with one more for each of those comments."""
    comments = records.versions("zendesk_comments")
    sides = comments.filter(pl.any_horizontal(pl.col("merged_from", "merged_to").is_not_null()))
    base, child = _next_id(events["id"]), _next_id(events["child_id"])
    made = sides.with_row_index("n").select(
        id=base + pl.col("n").cast(pl.Int64),
        child_id=child + pl.col("n").cast(pl.Int64),
        at="at",
        ticket_id="ticket_id",
        updater_id="author_id",
        channel=pl.lit("web"),
        event_type=pl.lit("Comment"),
        field=pl.lit(None, pl.String),
        previous_value=pl.lit(None, pl.String),
        value=pl.lit(None, pl.String),
        comment_id="id",
    )
    return pl.concat([events, made])


def _sides(records: Records, first_comment: int) -> pl.DataFrame:
    """One row per merge and ticket that it touches, in the order of time."""
    merges, none = _merges(records), pl.lit(None, pl.Int64)
    away = merges.select(
        "at",
        "author_id",
        ticket_id="source",
        merged_from=none,
        merged_to="target",
        body=pl.format(
            'This request was closed and merged into request #{} "{}".', "target", "target_subject"
        ),
    )
    kept = merges.select(
        "at",
        "author_id",
        ticket_id="target",
        merged_from="source",
        merged_to=none,
        body=pl.format(
            'Request #{} "{}" was closed and merged into this request.', "source", "source_subject"
        ),
    )
    both = pl.concat([away, kept]).sort("at", maintain_order=True).with_row_index("n")
    return both.select(pl.exclude("n"), comment_id=first_comment + pl.col("n").cast(pl.Int64))


def _merges(records: Records) -> pl.DataFrame:
    """One row per merge: when, by whom, and which ticket into which."""
    tickets = records.versions("zendesk_tickets")
    subjects = tickets.group_by("id").agg(subject=pl.col("subject").first().fill_null(""))
    of_source = subjects.rename({"id": "source", "subject": "source_subject"})
    of_target = subjects.rename({"id": "target", "subject": "target_subject"})
    return (
        tickets.filter(pl.col("merged_into_id").is_not_null())
        .unique(["id", "merged_into_id"], keep="first", maintain_order=True)
        .select("at", source="id", target="merged_into_id", author_id="assignee_id")
        .join(of_source, on="source")
        .join(of_target, on="target", how="left")
        .with_columns(pl.col("target_subject").fill_null(""))
        .sort("at", "source")
    )


def _next_id(ids: pl.Series) -> int:
    highest = ids.max()
    return int(highest) + 1 if highest is not None else 1  # type: ignore[arg-type]
