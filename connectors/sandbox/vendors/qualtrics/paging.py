"""Qualtrics' lists: `elements`, and `nextPage` as a whole address until it is null."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import polars as pl

from connectors.sandbox.vendors.protocol import Call, Page, Reply
from connectors.sandbox.vendors.records import key_of
from connectors.sandbox.vendors.render import dumps, texts

from .errors import meta

_DEFAULT = 100
_MOST = 1000


def paged(call: Call, rows: pl.DataFrame, element: pl.Expr, table: str) -> Reply:
    """A page of rows."""
    size = call.whole("pageSize", _DEFAULT, low=1, high=_MOST)
    begin = call.whole("skipToken" if "skipToken" in call.query else "offset", 0)
    found = rows.slice(begin, size)
    following = None
    if begin + size < rows.height:
        query = {**call.query, "pageSize": size, "skipToken": begin + size}
        following = f"{call.base}{call.path}?{urlencode(query)}"
    tail = f'],"nextPage":{dumps(following)}}},"meta":{dumps(meta())}}}'

    def wrap(items: Sequence[str]) -> bytes:
        return f'{{"result":{{"elements":[{",".join(items)}{tail}'.encode()

    records = texts(found, element)
    keys = found.select(key_of(table)).rows()
    return Reply(wrap(records), page=Page(records, table, keys, wrap))
