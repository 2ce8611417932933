"""The records as JSON: merged ones folded into the one that remains, archived ones apart.

A merged record is gone from every list; the one that remains names it in `hs_merged_object_ids`
and counts as changed by the merge (unverified: also those merged into the merged one are named).
Of contacts `hs_calculated_merged_vids` tells the same, each with the time of the merge.
"""

from __future__ import annotations

import polars as pl

from connectors.sandbox.vendors.render import iso_ms, joined, record, texts
from connectors.sandbox.vendors.world import World

from .kinds import Kind


def rows_of(world: World, kind: Kind, *, archived: bool = False) -> pl.DataFrame:
    """The records that can be listed, by id, with every property as a column `p:…`."""

    def make() -> pl.DataFrame:
        rows = _without_merged(world.records.current(kind.table))
        shown = pl.col("archived").fill_null(value=False) == archived
        return (
            rows.filter(shown)
            .with_columns(p.alias(f"p:{n}") for n, p in kind.properties.items())
            .with_columns(_epoch(n).alias(f"e:{n}") for n in kind.properties if n.endswith("date"))
            .sort("id")
        )

    return world.records.memo(("hubspot", kind.name, archived), make)


def _epoch(name: str) -> pl.Expr:
    """A time property in milliseconds since 1970, for searches to compare and sort by."""
    text = pl.col(f"p:{name}")
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms").dt.epoch("ms")


def merged_roots(world: World, kind: Kind) -> dict[int, int]:
    """Of every record merged away, the one that remains."""
    return world.records.memo(
        ("hubspot roots", kind.name), lambda: _roots(world.records.current(kind.table))
    )


def wanted(kind: Kind, asked: list[str]) -> list[str]:
    """The properties to show; those that HubSpot does not know are passed over in silence."""
    return [name for name in dict.fromkeys(asked or kind.always) if name in kind.properties]


def as_json(
    kind: Kind, rows: pl.DataFrame, names: list[str], *, archived: bool = False, links: list[str]
) -> list[str]:
    """Records as JSON texts."""
    always = {"createdate", "hs_object_id", kind.modified}
    shown = [*names, *sorted(always - set(names))]
    properties = record({n: f"p:{n}" for n in shown})
    raw: dict[str, object | pl.Expr] = {"properties": properties}
    fields: dict[str, str | pl.Expr] = {
        "id": "p:hs_object_id",
        "createdAt": "p:createdate",
        "updatedAt": f"p:{kind.modified}",
        "archived": pl.lit(archived),
    }
    if archived:
        fields["archivedAt"] = iso_ms("at")
    if any(link in kind.links for link in links):
        raw["associations"] = _associations(kind, links)
    return texts(rows, record(fields, raw))


def _associations(kind: Kind, links: list[str]) -> pl.Expr:
    """The associations asked for, those without any left out."""
    parts = [
        joined(
            f'"{other}":{{"results":[{{"id":"',
            pl.col(kind.links[other]).cast(pl.String),
            f'","type":"{_single(kind.name)}_to_{_single(other)}"}}]}}',
        )
        for other in links
        if other in kind.links
    ]
    return joined("{", pl.concat_str(parts, separator=",", ignore_nulls=True), "}")


def _single(name: str) -> str:
    return {"companies": "company"}.get(name, name[:-1])


def _without_merged(rows: pl.DataFrame) -> pl.DataFrame:
    roots = _roots(rows)
    losers = pl.DataFrame(
        {"loser": list(roots), "root": list(roots.values())},
        schema={"loser": pl.Int64, "root": pl.Int64},
    )
    merged = (
        losers.join(rows.select(loser="id", merged_at="at"), on="loser")
        .sort("loser")
        .group_by("root")
        .agg(
            merged_ids=pl.col("loser").cast(pl.String),
            merged_vids=pl.format("{}:{}", "loser", pl.col("merged_at").dt.epoch("ms")),
            merged_at=pl.col("merged_at").max(),
        )
    )
    if "gone" in rows.columns:
        rows = rows.filter(~pl.col("gone").fill_null(value=False))
    return (
        rows.filter(pl.col("merged_into_id").is_null())
        .join(merged, left_on="id", right_on="root", how="left")
        # a merge is a change of the one that remains
        .with_columns(
            pl.col("merged_ids", "merged_vids").list.join(";"),
            at=pl.max_horizontal("at", "merged_at"),
        )
    )


def _roots(rows: pl.DataFrame) -> dict[int, int]:
    merged = rows.filter(pl.col("merged_into_id").is_not_null())
    into = dict(zip(merged["id"].to_list(), merged["merged_into_id"].to_list(), strict=True))
    roots = {}
    for loser in into:
        root, seen = loser, set[int]()
        while root in into and root not in seen:
            seen.add(root)
            root = into[root]
        roots[loser] = root
    return roots
