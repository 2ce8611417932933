"""What passes between a cursor and a vendor's reader."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from connectors.errors import AskVendor
from connectors.http import Api
from connectors.landing import Window
from connectors.stream import Page


@dataclass(frozen=True)
class Batch:
    """One page as a reader got it.

    Args:
        records: The records, JSON as sent.
        next: Where the next page begins, in the vendor's terms; None where there is none.
        latest: Time of the newest record, naive UTC, where the cursor needs it.
        ties: Records of exactly that time; all of them where the reader cannot tell.
        done: Whether the vendor has nothing more for now.
    """

    records: Sequence[bytes]
    next: str | None = None
    latest: datetime | None = None
    ties: Sequence[bytes] | None = None
    done: bool = False


@dataclass(frozen=True)
class Posted:
    """What a cursor must know of a record to notice that it is gone: its id and its date (UTC).

    `parts` names what in the record is a row by itself and may be gone without it, by words.
    """

    id: str
    at: datetime
    parts: str = ""


class Known(msgspec.Struct, omit_defaults=True):
    """A record as it was when last read."""

    at: datetime
    print: str
    parts: str = ""


@dataclass(frozen=True)
class Span:
    """A stretch of time, `since` inclusive, `until` exclusive; naive UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Reading:
    """What a run asks of a stream.

    Args:
        begin: Where history begins, naive UTC.
        window: A stretch to read again, instead of what is new.
        only: Ids of what the source is limited to (surveys, apps); empty for all.
    """

    begin: datetime
    window: Window | None = None
    only: tuple[str, ...] = ()

    @property
    def since(self) -> datetime:
        """Where a run without a position begins."""
        if self.window is not None and self.window.since is not None:
            return self.window.since
        return self.begin

    def position(self, at: str | None) -> str | None:
        """The position to go on from: none where a window is read again."""
        return None if self.window is not None else at

    def is_over(self, latest: datetime | None) -> bool:
        """Whether a page that reaches to `latest` was the window's last."""
        until = self.window.until if self.window is not None else None
        return until is not None and latest is not None and latest >= until


class Cursor(Protocol):
    """Drives a reader from a position onward."""

    @property
    def overlaps(self) -> bool:
        """Whether runs read some records again, so that the loader must look for them."""
        ...

    def pages(self, api: Api, at: str | None, reading: Reading) -> Iterator[Page]:
        """Pages after position `at`, oldest first; each tells the position behind it."""
        ...


def fingerprint(record: bytes) -> str:
    """Tells a record from what it was before it changed."""
    return hashlib.blake2b(record, digest_size=8).hexdigest()


def no_progress(where: str) -> AskVendor:
    """The error of a vendor whose pages lead nowhere."""
    return AskVendor(
        "VENDOR-NO-PROGRESS",
        where,
        "the vendor's next page is the same page again, so reading on would never end",
        "Run again later. If it stays so, more records share one moment than fit a page: ask the "
        "vendor for a larger page.",
    )
