"""Qualtrics' lists: `elements`, and `nextPage` as a whole address until it is null."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Page, Reply, Rows
from connectors.sandbox.vendors.records import key_of
from connectors.sandbox.vendors.render import dumps, texts

from .errors import meta

_DEFAULT = 100
_MOST = 1000


def paged(call: Call, rows: pl.DataFrame, element: pl.Expr, table: str) -> Reply:
    """A page of rows, each written as `element`."""
    size, begin = _window(call)
    found = rows.slice(begin, size)
    keys = found.select(key_of(table)).rows()
    return _page(call, Rows(texts(found, element), table, keys), rows.height)


def paged_texts(call: Call, rows: pl.DataFrame, table: str) -> Reply:
    """A page of rows that are written already, in the column `text`."""
    size, begin = _window(call)
    found = rows.slice(begin, size)
    keys = found.select(key_of(table)).rows()
    return _page(call, Rows(found["text"].to_list(), table, keys), rows.height)


def _window(call: Call) -> tuple[int, int]:
    size = call.whole("pageSize", _DEFAULT, low=1, high=_MOST)
    return size, call.whole("skipToken" if "skipToken" in call.query else "offset", 0)


def _page(call: Call, rows: Rows, total: int) -> Reply:
    size, begin = _window(call)
    following = None
    if begin + size < total:
        query = {**call.query, "pageSize": size, "skipToken": begin + size}
        following = f"{call.base}{call.path}?{urlencode(query)}"
    tail = f'],"nextPage":{dumps(following)}}},"meta":{dumps(meta())}}}'

    def wrap(items: Sequence[str]) -> bytes:
        return f'{{"result":{{"elements":[{",".join(items)}{tail}'.encode()

    return Reply(wrap(rows.records), page=Page(rows.records, rows.table, rows.keys, wrap))
