"""What a vendor is made of: routes that turn a call into a reply, and its own words for a refusal.

Nothing here knows HTTP servers: a vendor can be asked in a test by calling it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from .limits import Window

JSON = "application/json; charset=utf-8"


class Why(StrEnum):
    """Why a vendor refuses a call; each says it in its own shape."""

    UNKNOWN_PATH = "unknown path"
    UNKNOWN_RECORD = "unknown record"
    BAD_PARAMETER = "bad parameter"
    NO_CREDENTIALS = "no credentials"
    WRONG_CREDENTIALS = "wrong credentials"
    EXPIRED = "expired token"
    MISSING_SCOPE = "missing scope"
    TOO_MANY = "too many requests"
    DAILY_QUOTA = "daily quota used up"
    SERVER_ERROR = "server error"


class Refuse(Exception):
    """Raised by a handler; the vendor turns it into its own body.

    Args:
        why: The kind of refusal.
        detail: What the vendor would name: a parameter, a record.
        status: Instead of the vendor's usual status for it.
    """

    def __init__(self, why: Why, detail: str = "", status: int | None = None) -> None:
        """Keep the reason."""
        super().__init__(why, detail)
        self.why, self.detail, self.status = why, detail, status


@dataclass(frozen=True)
class Call:
    """One request, as a vendor sees it.

    Attributes:
        path: Below the vendor's prefix, decoded.
        query: Parameters by name, decoded; of a repeated one the values joined by commas.
        headers: By name in small letters.
        base: Address of the vendor, without a slash at its end.
        now: The vendors' clock, naive UTC.
        params: What stood for the `{names}` of the route.
        faults: Names of armed faults that only the vendor itself can carry out.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str
    now: datetime
    params: Mapping[str, str] = field(default_factory=dict)
    faults: frozenset[str] = frozenset()

    def whole(self, name: str, default: int, *, low: int = 0, high: int | None = None) -> int:
        """A parameter that has to be a whole number, refused outside its bounds."""
        text = self.query.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise Refuse(Why.BAD_PARAMETER, name)
        if int(text) < low or (high is not None and int(text) > high):
            raise Refuse(Why.BAD_PARAMETER, name)
        return int(text)

    def flag(self, name: str) -> bool:
        """A parameter that is `true` or not."""
        return self.query.get(name, "").lower() == "true"

    def json(self) -> dict[str, Any]:
        """The body, which has to be a JSON object."""
        try:
            sent = json.loads(self.body or b"{}")
        except ValueError as error:
            raise Refuse(Why.BAD_PARAMETER, "body") from error
        if not isinstance(sent, dict):
            raise Refuse(Why.BAD_PARAMETER, "body")
        return sent


@dataclass(frozen=True)
class Rows:
    """Records of a table.

    Attributes:
        records: Each as JSON text.
        table: Where they come from, and
        keys: which they are there.
    """

    records: Sequence[str]
    table: str
    keys: Sequence[tuple[object, ...]]


@dataclass(frozen=True)
class Page(Rows):
    """The records of a reply, kept beside its body so that a fault can be put into them.

    Attributes:
        wrap: Makes the body of records.
    """

    wrap: Callable[[Sequence[str]], bytes]


@dataclass(frozen=True)
class Reply:
    """What a vendor answers; `page` is set where records are listed."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media: str = JSON
    page: Page | None = None


@dataclass(frozen=True)
class Route:
    """A path with `{names}`, and who answers there.

    Attributes:
        scope: What a credential has to be allowed for; empty for everybody.
        suffix: May follow the path without a meaning.
    """

    path: str
    answer: Callable[[Any, Call], Reply]
    method: str = "GET"
    scope: str = ""
    suffix: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression over a whole path."""
        path = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", self.path)
        return re.compile(f"{path}(?:{re.escape(self.suffix)})?")


@dataclass(frozen=True)
class Vendor:
    """One vendor.

    Attributes:
        prefix: Where it lives on the one server.
        scopes: The scopes of a call's credentials, or a refusal.
        refuse: A refusal in the vendor's words.
        windows: How many calls it takes.
    """

    name: str
    prefix: str
    routes: Sequence[Route]
    scopes: Callable[[Any, Call, Route], frozenset[str]]
    refuse: Callable[[Refuse, Call], Reply]
    windows: Sequence[Window]
