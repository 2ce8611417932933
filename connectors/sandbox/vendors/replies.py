"""What vendors build replies of, and how they read credentials."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from .protocol import Call, Page, Reply, Rows
from .render import dumps


def respond(value: object, status: int = 200, **headers: str) -> Reply:
    """A reply of one JSON value."""
    return Reply(dumps(value).encode(), status, headers)


def listing(name: str, rows: Rows, **rest: object) -> Reply:
    """A reply whose records stand under one name, with the rest of the envelope after them."""
    end = f"],{dumps(rest)[1:]}" if rest else "]}"

    def wrap(records: Sequence[str]) -> bytes:
        return f'{{"{name}":[{",".join(records)}{end}'.encode()

    page = Page(rows.records, rows.table, rows.keys, wrap)
    return Reply(wrap(rows.records), page=page)


def basic(call: Call) -> tuple[str, str] | None:
    """User and password of an `Authorization: Basic` header."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def bearer(call: Call) -> str | None:
    """The token of an `Authorization: Bearer` header."""
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None
