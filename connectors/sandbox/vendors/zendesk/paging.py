"""Zendesk's three ways of paging.

- cursor export (`/incremental/{tickets,users}/cursor`): opaque `after_cursor`, also at the end;
- time export: `end_time` is the newest time of the page and the next `start_time`, inclusive;
- lists: `page[size]` and `page[after]` (`meta.has_more`), or everything at once with `count`.

Sources: developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports and
/api-reference/introduction/pagination; list envelopes as recorded in node-zendesk (2023).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Refuse, Reply, Rows, Why
from connectors.sandbox.vendors.render import epoch, texts
from connectors.sandbox.vendors.replies import listing
from connectors.sandbox.vendors.world import World

PAGE = 1000
WITHHELD = 60
"""Seconds: what happened in the last minute is not exported yet."""

Encode = Callable[[World, Call, pl.DataFrame], list[str]]
Beside = Callable[[World, Call, pl.DataFrame], Mapping[str, object]]


def _nothing(_world: World, _call: Call, _rows: pl.DataFrame) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Export:
    """A table to page through: `frame` gives rows with `id` and `ts`, sorted by `ts`, then `id`.

    `beside` is what an incremental export side-loads.
    """

    name: str
    table: str
    frame: Callable[[World, Call], pl.DataFrame]
    encode: Encode
    withhold: bool = True
    beside: Beside = _nothing

    def rows(self, world: World, call: Call) -> pl.DataFrame:
        """What may be exported at this moment."""
        frame = self.frame(world, call)
        if not self.withhold:
            return frame
        return frame.head(int(frame["ts"].search_sorted(world.clock.epoch - WITHHELD, "right")))

    def page(self, world: World, call: Call, rows: pl.DataFrame) -> Rows:
        """Rows as they are sent."""
        ids = [(value,) for value in rows["id"].to_list()]
        return Rows(self.encode(world, call, rows), self.table, ids)


def by_second(world: World, table: str, second: str = "at") -> pl.DataFrame:
    """A table as of now, by the second of a time."""
    return world.records.memo(
        ("zendesk", table),
        lambda: world.records.current(table).with_columns(ts=epoch(second)).sort("ts", "id"),
    )


def by_expression(build: Callable[[Call], pl.Expr]) -> Encode:
    """Encode each row by an expression."""
    return lambda _world, call, rows: texts(rows, build(call))


def by_cursor(export: Export, world: World, call: Call) -> Reply:
    """A page of the cursor export."""
    size = call.whole("per_page", PAGE, low=1, high=PAGE)
    rows = export.rows(world, call)
    ts, last = _start(world, call)
    begin = _after(rows, ts, last)
    found = rows.slice(begin, size)
    if found.height:
        ts, last = found["ts"][-1], found["id"][-1]
    cursor = _cursor(ts, last)
    query = {k: v for k, v in call.query.items() if k != "start_time"}
    query |= {"cursor": cursor, "per_page": str(size)}
    return listing(
        export.name,
        export.page(world, call, found),
        **export.beside(world, call, found),
        after_url=f"{call.base}{call.path}?{urlencode(query, quote_via=quote)}",
        before_url=None,
        after_cursor=cursor,
        before_cursor=None,
        end_of_stream=begin + found.height >= rows.height,
    )


def by_time(export: Export, world: World, call: Call) -> Reply:
    """A page of the time-based export.

    Rows of the first second are those of the last page's end, so they come again; the page is
    filled up with later ones, all rows of its last second included. Where one second alone fills
    a page, nothing later is added: the export then stands still, as the vendor's does.
    """
    size = call.whole("per_page", PAGE, low=1, high=PAGE)
    start = _start_time(world, call)
    rows = export.rows(world, call)
    begin = int(rows["ts"].search_sorted(start, "left"))
    end = int(rows["ts"].search_sorted(start, "right"))
    if end - begin < PAGE and end < rows.height:
        last = rows["ts"][min(end + max(1, size - (end - begin)), rows.height) - 1]
        end = int(rows["ts"].search_sorted(last, "right"))
    found = rows.slice(begin, end - begin)
    newest = found["ts"][-1] if found.height else None
    query = {**call.query, "start_time": newest}
    return listing(
        export.name,
        export.page(world, call, found),
        **export.beside(world, call, found),
        count=found.height,
        next_page=f"{call.base}{call.path}?{urlencode(query)}" if newest is not None else None,
        end_time=newest,
        end_of_stream=end >= rows.height,
    )


def as_list(export: Export, world: World, call: Call, biggest: int = 100) -> Reply:
    """A page of a list, by cursor if `page[size]` or `page[after]` is there."""
    if "page[before]" in call.query:
        raise Refuse(Why.BAD_PARAMETER, "page[before]")  # nobody reads backwards here
    rows = export.frame(world, call)
    if "page[size]" not in call.query and "page[after]" not in call.query:
        whole = export.page(world, call, rows)
        return listing(export.name, whole, next_page=None, previous_page=None, count=rows.height)
    size = call.whole("page[size]", biggest, low=1, high=biggest)
    begin = _list_after(call)
    found = rows.slice(begin, size)
    more = begin + size < rows.height
    after = _list_cursor(begin + found.height) if found.height else None
    before = _list_cursor(begin) if found.height else None
    return listing(
        export.name,
        export.page(world, call, found),
        meta={"has_more": more, "after_cursor": after, "before_cursor": before},
        links={
            "prev": _link(call, "page[before]", before) if found.height else None,
            "next": _link(call, "page[after]", after) if more else None,
        },
    )


def _link(call: Call, name: str, cursor: str | None) -> str:
    kept = {k: v for k, v in call.query.items() if k not in {"page[after]", "page[before]"}}
    return f"{call.base}{call.path}?{urlencode({**kept, name: cursor})}"


def _list_cursor(position: int) -> str:
    return base64.b64encode(json.dumps({"o": "id", "v": position}).encode()).decode()


def _list_after(call: Call) -> int:
    cursor = call.query.get("page[after]")
    if cursor is None:
        return 0
    try:
        return int(json.loads(base64.b64decode(cursor, validate=True))["v"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refuse(Why.BAD_PARAMETER, "page[after]") from error


def _after(rows: pl.DataFrame, ts: int, last: int) -> int:
    """Where the rows after (ts, last) begin."""
    low = int(rows["ts"].search_sorted(ts, "left"))
    high = int(rows["ts"].search_sorted(ts, "right"))
    return low + int(rows["id"].slice(low, high - low).search_sorted(last, "right"))


def _start(world: World, call: Call) -> tuple[int, int]:
    if "cursor" in call.query:
        return _read_cursor(call.query["cursor"])
    return _start_time(world, call), -1


def _start_time(world: World, call: Call) -> int:
    if "start_time" not in call.query:
        raise Refuse(Why.BAD_PARAMETER, "start_time")
    start = call.whole("start_time", 0)
    if start > world.clock.epoch - WITHHELD:
        raise Refuse(Why.BAD_PARAMETER, "too recent")
    return start


def _cursor(ts: int, last: int) -> str:
    """Opaque, and always with the three characters that have to be escaped in an address.

    The vendor's decodes to `1576613539.0||467|` and holds them only now and then, which is why
    clients that do not escape it work for months.
    """
    inner = base64.b64encode(f"{ts}.0||{last}".encode()).decode().rstrip("=")
    return f"{inner}|+{len(inner)}="


def _read_cursor(cursor: str) -> tuple[int, int]:
    # an unescaped `+` arrives as a space
    match = re.fullmatch(r"([A-Za-z0-9+/]+)\|\+(\d+)=", cursor)
    if not match or int(match[2]) != len(match[1]):
        raise Refuse(Why.BAD_PARAMETER, "cursor")
    try:
        inner = base64.b64decode(match[1] + "=" * (-len(match[1]) % 4)).decode()
        ts, _, last = inner.partition(".0||")
        return int(ts), int(last)
    except (ValueError, binascii.Error) as error:
        raise Refuse(Why.BAD_PARAMETER, "cursor") from error
