"""The vendors' clock: it stands until somebody moves it, and outlives the process."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.errors import FixEnvironment


class Clock:
    """A moment, kept in a file, that only moves forward.

    Args:
        file: Where the moment is kept; what stands in it wins over `start`.
        start: The first moment, naive UTC.
    """

    def __init__(self, file: Path, start: datetime) -> None:
        """Take the moment from the file, or begin at `start`."""
        self._file = file
        self._now = self._kept() or naive(start)

    @property
    def now(self) -> datetime:
        """The moment, naive UTC."""
        return self._now

    @property
    def epoch(self) -> int:
        """The moment in whole seconds since 1970."""
        return int(self._now.replace(tzinfo=UTC).timestamp())

    def advance(self, by: timedelta) -> datetime:
        """Move forward by a span."""
        return self.move_to(self._now + by)

    def move_to(self, moment: datetime) -> datetime:
        """Move forward to a moment; nothing that was said can become unsaid.

        Raises:
            ValueError: The moment lies before the present one.
        """
        moment = naive(moment)
        if moment < self._now:
            raise ValueError(f"the clock stands at {self._now} and only moves forward")
        self._now = moment
        # a reader never sees half a file, and a kill never leaves one
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({"now": moment.isoformat()}))
        part.replace(self._file)
        return moment

    def _kept(self) -> datetime | None:
        try:
            return naive(datetime.fromisoformat(json.loads(self._file.read_text())["now"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FixEnvironment(
                "SANDBOX-CLOCK",
                os.fspath(self._file),
                "the vendors' clock cannot be read",
                "Delete the file: the clock then starts anew.",
            ) from error


def naive(moment: datetime) -> datetime:
    """A moment as the tables write it: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
