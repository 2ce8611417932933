"""Stretches of time: what is read again, and which packages are mapped again."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg

from connectors.errors import FixConfiguration
from connectors.landing import Window
from connectors.landing.store import earliest_load_id, is_load_id


class ReadAgain(dg.Config):
    """A window to read again; empty means what is new since the last run."""

    since: str | None = None
    """ISO 8601 date or time, inclusive; UTC where no offset is given."""
    until: str | None = None
    """ISO 8601 date or time, exclusive."""

    def window(self) -> Window | None:
        """The window, or None where nothing is to be read again."""
        return window(self.since, self.until)


def window(since: str | None, until: str | None) -> Window | None:
    """A window from what users write. Raises `FixConfiguration` where it is not a time."""
    if since is None and until is None:
        return None
    begin, end = _time("since", since), _time("until", until)
    if begin and end and begin >= end:
        raise FixConfiguration(
            "WINDOW", "since, until", "the window ends before it begins", "Swap them."
        )
    return Window(since=begin, until=end)


def packages(since: str | None, until: str | None) -> tuple[str, str]:
    """Load ids from what users write: ids, or when packages landed.

    Raises:
        FixConfiguration: It is neither.
    """
    return _load_id("since", since) or "", _load_id("until", until) or "~"


def _load_id(name: str, value: str | None) -> str | None:
    if value is None or is_load_id(value):
        return value
    at = _time(name, value)
    return earliest_load_id(at) if at else None


def _time(name: str, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise FixConfiguration(
            "WINDOW", name, "not a date or time", "Write 2026-11-01 or 2026-11-01T12:00:00+01:00."
        ) from error
    return at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
