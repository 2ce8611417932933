"""What a row gets from elsewhere: columns of other files, and the root of its conversation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl

from connectors.errors import FixConfiguration, FixInput
from connectors.files.header import EXTRA, IS_ROOT, ROOT, ROW, missing
from connectors.files.mapping import Lookup, Reading, StreamConfig, Thread
from connectors.files.readers import open_export
from connectors.files.values import number, text, without

_DEEPEST = 64
_MONEY = pl.Decimal(38, 4)


def lookup_frame(
    lookup: Lookup, paths: list[Path], config: StreamConfig, work: Path, where: str
) -> pl.DataFrame:
    """The columns that a lookup brings, one row per key, under the names of here.

    Raises:
        FixInput: A key has several rows and nothing says how they become one.
    """
    exports = [open_export(path, _reading(config), work, path.name) for path in paths]
    frame = pl.concat([e.scan() for e in exports], how="vertical").drop(EXTRA, strict=False)
    here, there = _keys(lookup)
    taken = lookup.take if isinstance(lookup.take, dict) else {name: name for name in lookup.take}
    known = frame.collect_schema()
    for name in (*there, *taken.values()):
        if name not in known:
            raise missing(name, list(exports[0].header.names), f"{where}.lookups")
    keyed = frame.select(
        *(text(t, known[t]).alias(h) for h, t in zip(here, there, strict=True)),
        *(pl.col(source).alias(f"={name}") for name, source in taken.items()),
        pl.col(ROW),
    ).collect()
    keyed = keyed.drop_nulls(here)
    if lookup.aggregate:
        keyed = _aggregated(keyed, lookup, here, taken, where)
    _check_one_each(keyed, here, paths[0].name, where)
    return keyed.drop(ROW, strict=False).rename({f"={name}": name for name in taken})


def _check_one_each(keyed: pl.DataFrame, here: list[str], file: str, where: str) -> None:
    repeated = keyed.filter(pl.struct(here).is_duplicated())
    if repeated.height:
        raise FixInput(
            "LOOKUP-FAN-OUT",
            f"{where}.lookups",
            f"{repeated.select(here).n_unique()} keys of {file} have several rows, so that a join "
            "would multiply the rows here",
            "Say how they become one, for example aggregate: {amount: sum}.",
        )


def joined(frame: pl.LazyFrame, lookup: Lookup, other: pl.DataFrame, where: str) -> pl.LazyFrame:
    """Rows with the looked-up columns beside them; rows without a partner get nulls."""
    here, _ = _keys(lookup)
    known = frame.collect_schema().names()
    for name in here:
        if name not in known:
            raise missing(name, known, f"{where}.lookups")
    twice = [name for name in other.columns if name in known and name not in here]
    if twice:
        raise FixConfiguration(
            "LOOKUP-NAME",
            f"{where}.lookups",
            f"the file has a column '{twice[0]}' already",
            f"Rename what is taken: take: {{other_{twice[0]}: {twice[0]}}}.",
        )
    return frame.join(other.lazy(), on=here, how="left", maintain_order="left")


def roots(scan: Callable[[], pl.LazyFrame], thread: Thread, where: str) -> pl.DataFrame:
    """`_row` -> `_root`, `_is_root`: the first message of each conversation in the file.

    Every message points to its parent; each round lets it point to where its parent points,
    so that a conversation of n messages takes log2(n) rounds.
    """
    frame = scan()
    schema = frame.collect_schema()
    for name in (thread.id, thread.parent):
        if name not in schema:
            raise missing(name, schema.names(), f"{where}.thread")
    links = frame.select(
        ROW,
        id=_id(text(thread.id, schema[thread.id])),
        parent=without(text(thread.parent, schema[thread.parent]), []),
    ).collect()
    here = links.select("id").drop_nulls().unique()
    parents = _parents(links, thread, here)
    tops = _tops(here, parents)
    answers = parents["id"].implode()
    if tops is None or tops.filter(pl.col("up").is_in(answers)).height:
        raise FixInput(
            "THREAD-LOOP",
            f"{where}.thread",
            "messages answer each other in a circle, so the conversation has no first one",
            "Correct the export, or leave `thread` out.",
        )
    found = links.join(tops, on="id", how="left")
    is_root = (pl.col("up") == pl.col("id")).cast(pl.String)
    return found.select(ROW, pl.col("up").alias(ROOT), is_root.alias(IS_ROOT))


def _tops(here: pl.DataFrame, parents: pl.DataFrame) -> pl.DataFrame | None:
    """`id` -> `up`, the message above all others; None if there is a circle."""
    pointers = here.join(parents, on="id", how="left")
    pointers = pointers.select("id", up=pl.coalesce("parent", "id")).sort("id")
    for _ in range(_DEEPEST):
        above = pointers.select(up="id", above="up")
        stepped = pointers.join(above, on="up", how="left", maintain_order="left")
        stepped = stepped.select("id", up="above")
        if stepped.equals(pointers):
            return stepped
        pointers = stepped
    return None


def _parents(links: pl.DataFrame, thread: Thread, here: pl.DataFrame) -> pl.DataFrame:
    """The first parent of each message that is in the file; others are as if unsaid."""
    several = (
        links.drop_nulls()
        .unique("id", maintain_order=True)
        .select(
            "id",
            pl.col("parent").str.split(thread.separator)
            if thread.separator
            else pl.concat_list("parent"),
        )
    )
    each = several.explode("parent").with_columns(_id(pl.col("parent")))
    there = each.filter(pl.col("id") != pl.col("parent")).join(
        here.select(parent="id"), on="parent", how="semi", maintain_order="left"
    )
    return there.unique("id", keep="first", maintain_order=True)


def _id(value: pl.Expr) -> pl.Expr:
    return value.str.strip_chars().str.replace(r"^(-?\d+)\.0+$", "$1")


def _keys(lookup: Lookup) -> tuple[list[str], list[str]]:
    key = {lookup.key: lookup.key} if isinstance(lookup.key, str) else lookup.key
    return list(key), list(key.values())


def _reading(config: StreamConfig) -> StreamConfig:
    """Other files are read as this one, but for what only the main file has."""
    return config.model_copy(update={"format": None, "skip_rows": 0, "header_rows": 1})


def _aggregated(
    frame: pl.DataFrame, lookup: Lookup, here: list[str], taken: dict[str, str], where: str
) -> pl.DataFrame:
    how = []
    for name, source in taken.items():
        column, way = pl.col(f"={name}"), lookup.aggregate.get(source)
        if way is None:
            raise FixConfiguration(
                "LOOKUP-AGGREGATE",
                f"{where}.lookups",
                f"nothing says how several values of '{source}' become one",
                f"Add it: aggregate: {{{source}: first}}.",
            )
        if way == "sum":
            frame = _as_money(frame, f"={name}", source, where)
        how.append(getattr(column, way)())
    return frame.sort(ROW).group_by(here, maintain_order=True).agg(how)


def _as_money(frame: pl.DataFrame, name: str, source: str, where: str) -> pl.DataFrame:
    if frame[name].dtype.is_numeric():
        return frame.with_columns(pl.col(name).cast(_MONEY))
    given = without(pl.col(name), [])
    amounts = number(given, Reading()).cast(_MONEY, strict=False)
    bad = frame.filter(given.is_not_null() & amounts.is_null())
    if bad.height:
        raise FixInput(
            "LOOKUP-VALUE",
            f"{where}.lookups.{source}",
            f"{bad.height} rows hold no number, the first is row {bad[ROW][0]}",
            "Correct them in the file; a sum without them would be wrong.",
        )
    return frame.with_columns(amounts.alias(name))
