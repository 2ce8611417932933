"""Peakon's JSON:API: what a page looks like."""

from __future__ import annotations

import msgspec


class Links(msgspec.Struct):
    next: str | None = None


class Page(msgspec.Struct):
    data: list[msgspec.Raw] = []
    links: Links = msgspec.field(default_factory=Links)
